import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { EmbeddedDaytona, Outcome } from "../../../src/embedded/daytona/index.js"
import { at, get, post, server, stateOf, textAt, verdict } from "./support.js"

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

describe("creating a sandbox from a snapshot", () => {
  it.effect("works with nothing but defaults", () =>
    Effect.gen(function* () {
      const created = yield* post("/sandbox", {})
      // The answer is what was written before the wait: without the state and the fields that came with it.
      expect([created.status, stateOf(created)]).toEqual([200, "creating"])
      for (const field of ["daemonVersion", "errorReason", "networkAllowList", "domainAllowList"]) {
        expect(created.json).not.toHaveProperty(field)
      }
      const { json } = yield* get(`/sandbox/${textAt(created.json, "id")}`)
      expect(json).toEqual({
        id: expect.stringMatching(uuid),
        organizationId: expect.any(String),
        name: textAt(json, "id"),
        target: "us",
        snapshot: "daytona-small",
        user: "daytona",
        env: {},
        labels: {},
        public: false,
        networkBlockAll: false,
        networkAllowList: null,
        domainAllowList: null,
        cpu: 1,
        gpu: 0,
        memory: 1,
        disk: 3,
        spot: false,
        kvm: false,
        state: "started",
        desiredState: "started",
        errorReason: null,
        recoverable: false,
        backupState: "None",
        autoStopInterval: 15,
        autoPauseInterval: 0,
        autoArchiveInterval: 10_080,
        autoDeleteInterval: -1,
        volumes: [],
        createdAt: "1970-01-01T00:00:00.000Z",
        updatedAt: "1970-01-01T00:00:00.000Z",
        lastActivityAt: "1970-01-01T00:00:00.000Z",
        sandboxClass: "container",
        daemonVersion: "0.218.0",
        runnerId: expect.stringMatching(uuid),
        toolboxProxyUrl: "http://daytona.test/proxy/toolbox"
      })
    }).pipe(Effect.provide(server()))
  )

  it.effect("responds once it has started", () =>
    Effect.gen(function* () {
      const request = yield* Effect.fork(post("/sandbox", { name: "box" }))
      yield* TestClock.adjust("5 seconds")
      expect(Option.isNone(yield* Fiber.poll(request))).toBe(true)
      expect(stateOf(yield* get("/sandbox/box"))).toBe("creating")
      yield* TestClock.adjust("5 seconds")
      expect(stateOf(yield* Fiber.join(request))).toBe("creating")
      expect(stateOf(yield* get("/sandbox/box"))).toBe("started")
    }).pipe(Effect.provide(server({ durations: { create: "9 seconds" } })))
  )

  it.effect("waits for at most 30 seconds", () =>
    Effect.gen(function* () {
      const request = yield* Effect.fork(post("/sandbox", { name: "box" }))
      yield* TestClock.adjust("29 seconds")
      expect(Option.isNone(yield* Fiber.poll(request))).toBe(true)
      yield* TestClock.adjust("1 second")
      const answer = yield* Fiber.join(request)
      expect([answer.status, stateOf(answer)]).toEqual([200, "creating"])
      yield* TestClock.adjust("31 seconds")
      expect(stateOf(yield* get("/sandbox/box"))).toBe("started")
    }).pipe(Effect.provide(server({ durations: { create: "1 minute" } })))
  )

  it.effect("continues when the client disconnects", () =>
    Effect.gen(function* () {
      const request = yield* Effect.fork(post("/sandbox", { name: "box" }))
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(request)
      yield* TestClock.adjust("10 seconds")
      expect(stateOf(yield* get("/sandbox/box"))).toBe("started")
    }).pipe(Effect.provide(server({ durations: { create: "9 seconds" } })))
  )

  it.effect("responds with a failure meanwhile, and keeps the failed sandbox", () =>
    Effect.gen(function* () {
      const { outcomes } = yield* EmbeddedDaytona
      yield* outcomes.inject({ during: "create", of: "box", outcome: Outcome.fail("no space left") })
      const answer = yield* post("/sandbox", { name: "box" })
      expect(verdict(answer)).toEqual([400, "Sandbox failed to start: no space left"])
      const left = yield* get("/sandbox/box")
      expect([stateOf(left), at(left.json, "errorReason")]).toEqual(["error", "no space left"])
    }).pipe(Effect.provide(server()))
  )

  it.effect.each([
    ["create", "creating", "15 minutes", "Timeout while creating sandbox"],
    ["pull", "pulling_snapshot", "30 minutes", "Timeout while pulling snapshot"]
  ] as const)("fails when the time to %s is up", ([during, state, limit, reason]) =>
    Effect.gen(function* () {
      const { outcomes } = yield* EmbeddedDaytona
      yield* outcomes.inject({ during, outcome: Outcome.takes("2 hours") })
      yield* post("/sandbox", { name: "box" })
      expect(stateOf(yield* get("/sandbox/box"))).toBe(state)
      yield* TestClock.adjust(limit)
      const failed = yield* get("/sandbox/box")
      expect([stateOf(failed), at(failed.json, "errorReason")]).toEqual(["error", reason])
    }).pipe(Effect.provide(server({ startWait: 0 })))
  )

  it.effect("can be stuck forever", () =>
    Effect.gen(function* () {
      const { outcomes } = yield* EmbeddedDaytona
      yield* outcomes.inject({ during: "create", outcome: Outcome.stuck })
      yield* post("/sandbox", { name: "box" })
      yield* TestClock.adjust("10 minutes")
      expect(stateOf(yield* get("/sandbox/box"))).toBe("creating")
    }).pipe(Effect.provide(server({ startWait: 0 })))
  )
})

describe("creating a sandbox from an image", () => {
  const image = { name: "box", buildInfo: { dockerfileContent: "FROM alpine:3.20\n" }, cpu: 2 }

  it.effect("responds immediately, and builds only the first time", () =>
    Effect.gen(function* () {
      const first = yield* post("/sandbox", image)
      expect(stateOf(first)).toBe("pending_build")
      yield* TestClock.adjust("1 minute")
      expect(stateOf(yield* get("/sandbox/box"))).toBe("building_snapshot")
      yield* TestClock.adjust("3 minutes")
      const built = yield* get("/sandbox/box")
      expect([stateOf(built), at(built.json, "cpu"), at(built.json, "memory"), at(built.json, "disk")]).toEqual([
        "started",
        2,
        1,
        3
      ])
      expect(at(built.json, "snapshot")).toBeNull()
      const second = yield* post("/sandbox", { ...image, name: "other" })
      expect(stateOf(second)).toBe("creating")
    }).pipe(Effect.provide(server({ durations: "1 minute" })))
  )

  it.effect("identifies the build by the hash of its Dockerfile", () =>
    Effect.gen(function* () {
      const { json } = yield* post("/sandbox", { buildInfo: { dockerfileContent: "FROM python:3.11\n" } })
      expect(at(json, "buildInfo", "snapshotRef")).toBe(
        "daytona-384b9a63937c2e2c9f3627e37843bc6c8c61a48a071f22681bce772342fc2da4:daytona"
      )
    }).pipe(Effect.provide(server()))
  )

  it.effect("fails in the background with the reason", () =>
    Effect.gen(function* () {
      const { outcomes } = yield* EmbeddedDaytona
      yield* outcomes.inject({ during: "build", outcome: Outcome.fail("exit code: 1") })
      expect((yield* post("/sandbox", image)).status).toBe(200)
      const failed = yield* get("/sandbox/box")
      expect([stateOf(failed), at(failed.json, "errorReason")]).toEqual(["build_failed", "exit code: 1"])
    }).pipe(Effect.provide(server()))
  )

  it.effect("times out after an hour of building", () =>
    Effect.gen(function* () {
      const { outcomes } = yield* EmbeddedDaytona
      yield* outcomes.inject({ during: "build", outcome: Outcome.takes("2 hours") })
      yield* post("/sandbox", image)
      yield* TestClock.adjust("60 minutes")
      const failed = yield* get("/sandbox/box")
      expect([stateOf(failed), at(failed.json, "errorReason")]).toEqual([
        "build_failed",
        "Timeout while building snapshot on runner"
      ])
    }).pipe(Effect.provide(server()))
  )

  it.effect("fails when a context was not uploaded", () =>
    Effect.gen(function* () {
      yield* post("/sandbox", { name: "box", buildInfo: { dockerfileContent: "FROM a:1\n", contextHashes: ["abc"] } })
      const failed = yield* get("/sandbox/box")
      expect(stateOf(failed)).toBe("build_failed")
      expect(textAt(failed.json, "errorReason")).toContain("abc")
    }).pipe(Effect.provide(server()))
  )
})

describe("an invalid request to create a sandbox", () => {
  const build = { dockerfileContent: "FROM alpine:3.20\n" }
  const mount = (mountPath: string, subpath?: string) => ({
    volumes: [{ volumeId: "v", mountPath, ...(subpath === undefined ? {} : { subpath }) }]
  })
  const cases: ReadonlyArray<readonly [object, number, string]> = [
    [{ snapshot: "s", buildInfo: build }, 400, "Cannot specify a snapshot when using a build info entry"],
    [{ cpu: 2 }, 400, "Cannot specify Sandbox resources when using a snapshot"],
    [
      { gpuType: ["H100"] },
      400,
      "Cannot specify GPU type when creating sandbox from snapshot. GPU type is inherited from snapshot."
    ],
    [
      { buildInfo: build, linkedSandbox: "x" },
      400,
      "linkedSandbox is not supported with declarative builds. Create a sandbox from a snapshot"
    ],
    [{ snapshot: "nope" }, 400, "Snapshot nope not found. Did you add it through the Daytona Dashboard?"],
    [{ snapshot: "old" }, 400, "Snapshot old is inactive"],
    [{ snapshot: "here", target: "eu" }, 400, "Snapshot here is not available in region eu"],
    [{ target: "moon" }, 404, "Region not found"],
    [{ snapshot: "vm", target: "us" }, 403, "Region us is not available to the organization for class linux-vm"],
    [{ name: "taken" }, 409, "Sandbox with name taken already exists"],
    [{ volumes: [{ volumeId: "v", mountPath: "/data" }] }, 404, "Volume 'v' not found"],
    [{ buildInfo: build, gpu: 1 }, 400, "GPU sandboxes must be ephemeral - set autoDeleteInterval to 0"],
    [{ autoStopInterval: -1 }, 400, "Auto-stop interval must be non-negative"],
    [{ name: "<b>x</b>" }, 400, "name must not contain HTML tags, URLs, or control characters"],
    [{ name: "see https://x.test" }, 400, "name must not contain HTML tags, URLs, or control characters"],
    [{ name: "a\u0007b" }, 400, "name must not contain HTML tags, URLs, or control characters"],
    [{ name: 5, public: "yes" }, 400, "name must be a string, public must be a boolean value"],
    [{ buildInfo: build, cpu: 1.5 }, 500, "An unexpected error occurred."],
    // An unknown volume comes first.
    [mount("data"), 404, "Volume 'v' not found"],
    [
      { networkAllowList: "10.0.0.1" },
      400,
      'Invalid network format: "10.0.0.1". Missing CIDR prefix length (e.g., /24)'
    ],
    [
      { networkAllowList: Array.from({ length: 11 }, (_, n) => `10.0.${n}.0/24`).join(",") },
      400,
      "Network allow list cannot contain more than 10 networks"
    ],
    [{ domainAllowList: "not a domain" }, 400, 'Invalid domain: "not a domain". Must be a valid domain name'],
    [{ secrets: [{ KEY: "unknown" }] }, 404, "Secret 'unknown' not found"],
    [{ linkedSandbox: "taken" }, 400, "Linked sandboxes must be ephemeral (set autoDeleteInterval to 0)"]
  ]

  const picky = server({
    regions: [{ id: "us", sandboxClasses: ["container"] }, { id: "eu" }],
    snapshots: [
      { name: "default" },
      { name: "old", state: "inactive" },
      { name: "here", regions: ["us"] },
      { name: "vm", sandboxClass: "linux-vm" }
    ]
  })

  it.effect("is refused with the reason", () =>
    Effect.gen(function* () {
      yield* post("/sandbox", { name: "taken" })
      const answers = yield* Effect.forEach(cases, ([body]) => Effect.map(post("/sandbox", body), verdict))
      expect(answers).toEqual(cases.map(([, status, message]) => [status, message]))
      expect(yield* Effect.flatMap(EmbeddedDaytona, ({ sandboxes }) => sandboxes)).toHaveLength(1)
    }).pipe(Effect.provide(picky))
  )

  it.effect("is refused when it is not JSON", () =>
    Effect.gen(function* () {
      const answer = yield* post("/sandbox", "{")
      expect(answer.json).toMatchObject({
        statusCode: 400,
        error: "Bad Request",
        message: "Invalid JSON in request body"
      })
    }).pipe(Effect.provide(server()))
  )

  it.effect("is refused without a default region", () =>
    Effect.gen(function* () {
      const [status, message] = verdict(yield* post("/sandbox", {}))
      expect([status, String(message).slice(0, 51)]).toEqual([
        400,
        "This organization does not have a default region. P"
      ])
    }).pipe(Effect.provide(server({ organizations: [{ id: "o", defaultRegion: null }] })))
  )

  it.effect("is refused beyond a quota", () =>
    Effect.gen(function* () {
      const from = (amounts: object) => post("/sandbox", { buildInfo: build, ...amounts })
      const firstLine = Effect.map(Effect.forEach([{ memory: 4096 }, { cpu: 5 }, { disk: 11 }], from), (answers) =>
        answers.map((answer) => [answer.status, String(verdict(answer)[1]).split("\n")[0]])
      )
      expect(yield* firstLine).toEqual([
        [400, "Memory request 4096GB exceeds maximum allowed per sandbox (8GB)."],
        [400, "CPU request 5 exceeds maximum allowed per sandbox (4)."],
        [400, "Disk request 11GB exceeds maximum allowed per sandbox (10GB)."]
      ])
      expect((yield* from({ cpu: 4 })).status).toBe(200)
      expect(String(verdict(yield* from({ cpu: 4 }))[1]).split("\n")[0]).toBe(
        "Total CPU limit exceeded. Maximum allowed: 6."
      )
    }).pipe(
      Effect.provide(
        server({
          organizations: [
            { id: "o", quotas: { cpuPerSandbox: 4, memoryPerSandbox: 8, diskPerSandbox: 10, totalCpu: 6 } }
          ]
        })
      )
    )
  )

  it.effect("is refused for a suspended organization", () =>
    Effect.gen(function* () {
      expect(verdict(yield* post("/sandbox", {}))).toEqual([403, "Organization is suspended: unpaid"])
    }).pipe(Effect.provide(server({ organizations: [{ id: "o", suspended: "unpaid" }] })))
  )
})

describe("intervals of a new sandbox", () => {
  it.effect("default to the maximum, which also caps them", () =>
    Effect.gen(function* () {
      const resolved = yield* Effect.forEach([0, 60, 999_999], (autoArchiveInterval) =>
        Effect.map(post("/sandbox", { autoArchiveInterval }), ({ json }) => at(json, "autoArchiveInterval"))
      )
      expect(resolved).toEqual([43_200, 60, 43_200])
    }).pipe(Effect.provide(server()))
  )

  it.effect("pause a virtual machine after an hour instead of stopping it", () =>
    Effect.gen(function* () {
      const { json } = yield* post("/sandbox", { snapshot: "daytona-vm" })
      expect([at(json, "autoPauseInterval"), at(json, "autoStopInterval")]).toEqual([60, 0])
      const refused = yield* post("/sandbox", { snapshot: "daytona-vm", autoPauseInterval: 5, autoStopInterval: 5 })
      expect(refused.status).toBe(400)
    }).pipe(Effect.provide(server()))
  )

  it.effect("set the time of destruction", () =>
    Effect.gen(function* () {
      const { json } = yield* post("/sandbox", { ttlMinutes: 90 })
      expect(at(json, "autoDestroyAt")).toBe("1970-01-01T01:30:00.000Z")
    }).pipe(Effect.provide(server()))
  )
})
