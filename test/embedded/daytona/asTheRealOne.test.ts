/**
 * Requests and what the open-source control plane of v0.190.0 answers to them, as it was seen when it was run: the
 * status, and what is told apart in headers and body. Each row is one where this server used to be kinder.
 */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { EmbeddedDaytona, type Options, Outcome } from "../../../src/embedded/daytona/index.js"
import { type Answer, at, base, del, get, post, put, server, stateOf, textAt, verdict } from "./support.js"

type Method = "GET" | "POST" | "PUT" | "DELETE"
type Row = readonly [
  method: Method,
  path: string,
  body: unknown,
  status: number,
  /** The message of an error, or parts of the body. */
  expected?: string | object
]

const send = (method: Method, path: string, body: unknown) => {
  switch (method) {
    case "GET":
      return get(path)
    case "DELETE":
      return del(path)
    case "PUT":
      return put(path, body)
    case "POST":
      return post(path, body)
  }
}

const seen = (answer: Answer, expected: string | object | undefined) =>
  typeof expected === "string" ? verdict(answer) : [answer.status, expected === undefined ? undefined : answer.json]

const check = (rows: ReadonlyArray<Row>) =>
  Effect.gen(function* () {
    yield* post("/sandbox", { name: "box" })
    for (const [method, path, body, status, expected] of rows) {
      const answer = yield* send(method, path, body)
      const wanted = typeof expected === "object" ? expect.objectContaining(expected) : expected
      expect({ method, path, body, answer: seen(answer, expected) }).toEqual({
        method,
        path,
        body,
        answer: [status, wanted]
      })
      expect(answer.headers["x-daytona-api-version"]).toBeDefined()
      expect(answer.headers["date"]).toBeDefined()
      if (answer.text !== "") expect(answer.headers["content-type"]).toBe("application/json; charset=utf-8")
      if (status >= 400) {
        expect(answer.json).toMatchObject({ path: `/api${path}`, statusCode: status, error: expect.any(String) })
      }
    }
  })

const unexpected = "An unexpected error occurred."
const unknownId = "8f5b0d5e-0000-4000-8000-000000000001"
const build = { dockerfileContent: "FROM a:1" }

const table: Readonly<Record<string, ReadonlyArray<Row>>> = {
  "labels and environments are stored as they were sent": [
    [
      "PUT",
      "/sandbox/box/labels",
      { labels: { n: 5, nothing: null, o: { a: 1 } } },
      200,
      { labels: { n: 5, nothing: null, o: { a: 1 } } }
    ],
    ["PUT", "/sandbox/box/labels", { labels: null }, 200, { labels: null }],
    ["PUT", "/sandbox/box/labels", { labels: "text" }, 200, { labels: "text" }],
    ["PUT", "/sandbox/box/labels", { labels: [1] }, 200, { labels: [1] }],
    ["PUT", "/sandbox/box/labels", {}, 200, { labels: [1] }],
    [
      "POST",
      "/sandbox",
      { env: { n: 5 }, labels: { nothing: null } },
      200,
      { env: { n: 5 }, labels: { nothing: null } }
    ]
  ],
  "a creation is answered with what was written before the wait": [
    ["POST", "/sandbox", {}, 200, { state: "creating", runnerId: expect.any(String) }],
    ["POST", "/sandbox", { buildInfo: {} }, 200, { state: expect.any(String) }]
  ],
  "numbers that the database cannot store are unexpected": [
    ["POST", "/sandbox/box/autostop/x", undefined, 500, unexpected],
    ["POST", "/sandbox/box/autostop/1.5", undefined, 500, unexpected],
    ["POST", "/sandbox/box/autoarchive/99999999999", undefined, 500, unexpected],
    ["POST", "/sandbox/box/autodelete/x", undefined, 500, unexpected],
    ["POST", "/sandbox/box/autostop/-1", undefined, 400, "Auto-stop interval must be non-negative"],
    ["POST", "/sandbox", { buildInfo: build, cpu: 1.5 }, 500, unexpected],
    ["POST", "/sandbox", { autoStopInterval: 1.5 }, 500, unexpected],
    ["POST", "/sandbox/box/ssh-access?expiresInMinutes=x", undefined, 500, unexpected],
    ["GET", "/snapshots/daytona-small/build-logs-url", undefined, 500, unexpected]
  ],
  "the validator lists all complaints": [
    ["POST", "/sandbox/box/snapshot", {}, 400, "name should not be empty, name must be a string"],
    [
      "POST",
      "/sandbox/box/resize",
      { cpu: "x" },
      400,
      "cpu must not be less than 1, cpu must be a number conforming to the specified constraints"
    ],
    ["POST", "/sandbox", '"x"', 400, "Invalid JSON in request body"],
    ["POST", "/sandbox", "null", 400, "Invalid JSON in request body"]
  ],
  "what is wrong is found in this order": [
    ["POST", "/sandbox/box/fork", { name: "x" }, 422, "Forking is not supported for this sandbox"],
    ["POST", "/sandbox", { volumes: [{ volumeId: "v", mountPath: "data" }] }, 404, "Volume 'v' not found"],
    [
      "POST",
      "/sandbox",
      { linkedSandbox: "unknown" },
      400,
      "Linked sandboxes must be ephemeral (set autoDeleteInterval to 0)"
    ]
  ],
  names: [
    ["POST", "/sandbox", { name: "a<b" }, 400, "name must not contain HTML tags, URLs, or control characters"],
    ["POST", "/sandbox", { name: "1 < 2 > 0" }, 200, { name: "1 < 2 > 0" }],
    ["POST", "/sandbox", { name: "." }, 200, { name: "." }],
    ["POST", "/volumes", { name: "" }, 200, { name: expect.stringMatching(/^[0-9a-f-]{36}$/) }],
    ["GET", "/snapshots/unknown", undefined, 404, "Snapshot with name unknown not found"],
    ["GET", `/snapshots/${unknownId}`, undefined, 404, `Snapshot ${unknownId} not found`],
    [
      "POST",
      "/snapshots",
      { name: "a/b/", imageName: "a:1" },
      400,
      "Invalid snapshot name format. May contain letters, digits, dots, colons, and dashes"
    ]
  ],
  "networks and domains": [
    [
      "POST",
      "/sandbox",
      { networkAllowList: "10.0.0/24" },
      400,
      'Invalid IP address: "10.0.0" in network "10.0.0/24". Must be a valid IPv4 address'
    ],
    ["POST", "/sandbox", { domainAllowList: "-a" }, 400, 'Invalid domain: "-a". Must be a valid domain name']
  ],
  access: [
    ["DELETE", "/sandbox/box/ssh-access?token=unknown", undefined, 200, { name: "box" }],
    ["POST", "/sandbox/box/ssh-access?expiresInMinutes=0", undefined, 200, { expiresAt: "1970-01-01T00:00:00.000Z" }],
    ["POST", "/sandbox/box/ssh-access?expiresInMinutes=-5", undefined, 200, { expiresAt: "1969-12-31T23:55:00.000Z" }],
    ["GET", "/sandbox/ssh-access/validate?token=x", undefined, 403, "Invalid authentication context"],
    ["GET", "/sandbox/box/ports/x/preview-url", undefined, 200, { url: expect.stringContaining("//NaN-") }],
    ["GET", "/sandbox/box/ports/0/preview-url", undefined, 400, "Invalid port"],
    // By name it has no effect, and says so to nobody.
    ["POST", "/sandbox/box/last-activity", undefined, 201]
  ],
  lists: [
    ["GET", `/sandbox?cursor=${Buffer.from("{}").toString("base64")}`, undefined, 200, { items: [], nextCursor: null }],
    ["GET", "/sandbox?labels=[]", undefined, 200, { items: [expect.objectContaining({ name: "box" })] }],
    ["GET", "/sandbox?labels=5", undefined, 400, "Invalid labels JSON format"],
    ["GET", "/sandbox?name=b_x", undefined, 200, { items: [expect.objectContaining({ name: "box" })] }],
    ["GET", "/sandbox?name=%25x", undefined, 200, { items: [expect.objectContaining({ name: "box" })] }],
    ["GET", "/sandbox/paginated?sort=region", undefined, 200, { total: 1 }],
    [
      "GET",
      "/sandbox/paginated?sort=cpu",
      undefined,
      400,
      "sort must be one of the following values: id, name, state, snapshot, region, updatedAt, createdAt, lastActivityAt"
    ],
    ["GET", "/regions/us", undefined, 404, "Region not found"]
  ],
  snapshots: [
    [
      "POST",
      "/snapshots",
      { name: "b", buildInfo: build },
      200,
      { imageName: "", ref: null, size: null, buildInfo: expect.objectContaining({ contextHashes: null }) }
    ],
    [
      "POST",
      "/sandbox/box/snapshot",
      { name: "x", includeMemory: true },
      400,
      "includeMemory is only supported for Windows sandboxes"
    ]
  ],
  "the rest": [
    ["GET", "/health", undefined, 200, { status: "ok" }],
    ["GET", "/health/ready", undefined, 200, { status: "ok" }],
    ["GET", `/sandbox/${unknownId}/telemetry/traces/t`, undefined, 404],
    ["POST", "/warm-pools", { snapshot: "daytona-small", pool: 1e6 }, 400, "pool must not be greater than 100"],
    ["POST", "/warm-pools", { snapshot: "daytona-small", pool: 1e300 }, 400, "pool must not be greater than 100"]
  ]
}

describe("a request to the control plane", () => {
  it.effect.each(Object.entries(table))("%s", ([, rows]) => check(rows).pipe(Effect.provide(server())))

  const old: Options = { generation: "0.190" }

  it.effect("of the older generation is answered as it answers", () =>
    check([
      ["POST", "/sandbox", { env: { long: "x".repeat(102_400) } }, 404, "Cannot POST /api/sandbox"],
      [
        "PUT",
        "/sandbox/box/labels",
        { labels: { long: "x".repeat(102_400) } },
        404,
        "Cannot PUT /api/sandbox/box/labels"
      ],
      ["POST", "/sandbox", { ttlMinutes: 5, secrets: [{ A: "unknown" }] }, 404, "Secret 'unknown' not found"],
      ["POST", "/sandbox", { ttlMinutes: 5, spot: true }, 200, { state: "creating" }],
      ["POST", "/sandbox", { buildInfo: build, gpu: 2 }, 400, "gpu must not be greater than 1"],
      [
        "POST",
        "/sandbox",
        { buildInfo: build, gpuType: ["H200"] },
        400,
        "each value in gpuType must be one of the following values: H100, RTX-PRO-6000"
      ],
      ["GET", "/sandbox?autoDestroyAtAfter=x", undefined, 200, { nextCursor: null }]
    ]).pipe(Effect.provide(server(old)))
  )
})

describe("the control plane", () => {
  it.effect("lists the ancestors of a fork from the root on", () =>
    Effect.gen(function* () {
      yield* post("/sandbox", { name: "a", snapshot: "daytona-vm" })
      yield* post("/sandbox/a/fork", { name: "b" })
      yield* post("/sandbox/b/fork", { name: "c" })
      const { json } = yield* get("/sandbox/c/ancestors")
      expect([at(json, 0, "name"), at(json, 1, "name"), at(json, 2)]).toEqual(["a", "b", undefined])
      expect(verdict(yield* post("/sandbox/a/fork", { name: "b" }))).toEqual([
        409,
        "Sandbox with this name already exists"
      ])
    }).pipe(Effect.provide(server()))
  )

  it.effect("lists a hundred forks, and says nothing of the others", () =>
    Effect.gen(function* () {
      yield* post("/sandbox", { name: "root", snapshot: "daytona-vm" })
      for (let n = 0; n < 101; n++) {
        expect((yield* post("/sandbox/root/fork", {})).status).toBe(200)
        yield* TestClock.adjust("1 second")
      }
      expect((yield* get("/sandbox/root/forks")).json).toHaveLength(100)
    }).pipe(Effect.provide(server({ durations: 0 })))
  )

  it.effect("runs one job at a time for a sandbox", () =>
    Effect.gen(function* () {
      yield* post("/sandbox", { name: "box" })
      const busy = [409, "An operation is already in progress for this resource"]
      expect((yield* post("/sandbox/box/network-settings", { networkBlockAll: true })).status).toBe(200)
      expect(verdict(yield* post("/sandbox/box/network-settings", { networkBlockAll: false }))).toEqual(busy)
      expect(verdict(yield* post("/sandbox/box/resize", { cpu: 2 }))).toEqual(busy)
      expect(verdict(yield* post("/sandbox/box/snapshot", { name: "s" }))).toEqual(busy)
      expect(at((yield* get("/sandbox/box")).json, "networkBlockAll")).toBe(true)
      yield* TestClock.adjust("1 second")
      expect((yield* post("/sandbox/box/resize", { cpu: 2 })).status).toBe(200)
    }).pipe(Effect.provide(server({ durations: { network: "1 second", create: 0, pickUp: 0, resize: 0 } })))
  )

  it.effect("refuses a pause, a resize and a snapshot of a sandbox that is being stopped", () =>
    Effect.gen(function* () {
      yield* post("/sandbox", { name: "box" })
      yield* post("/sandbox/box/stop")
      expect(stateOf(yield* get("/sandbox/box"))).toBe("stopping")
      expect(verdict(yield* post("/sandbox/box/pause"))).toEqual([400, "Sandbox must be in started state to pause"])
      expect(verdict(yield* post("/sandbox/box/resize", { cpu: 2 }))).toEqual([
        400,
        "Sandbox must be in started or stopped state to resize"
      ])
      expect(verdict(yield* post("/sandbox/box/snapshot", { name: "s" }))).toEqual([
        400,
        "Sandbox must be in started or stopped state to create a snapshot"
      ])
    }).pipe(Effect.provide(server({ durations: { create: 0, pickUp: 0, stop: "1 minute" } })))
  )

  it.effect("hangs when the new size is a fraction, and then cannot even delete the sandbox", () =>
    Effect.gen(function* () {
      yield* post("/sandbox", { name: "box" })
      const resized = yield* post("/sandbox/box/resize", { cpu: 1.5 })
      expect([resized.status, stateOf(resized), at(resized.json, "desiredState")]).toEqual([200, "resizing", "started"])
      yield* TestClock.adjust("1 day")
      expect(stateOf(yield* get("/sandbox/box"))).toBe("resizing")
      expect((yield* del("/sandbox/box")).status).toBe(409)
    }).pipe(Effect.provide(server()))
  )

  it.effect("does not look up the last activity to answer a stop, a start or a deletion", () =>
    Effect.gen(function* () {
      yield* post("/sandbox", { name: "box" })
      for (const answer of [
        yield* post("/sandbox/box/stop"),
        yield* post("/sandbox/box/start"),
        yield* del("/sandbox/box")
      ]) {
        expect(answer.status).toBe(200)
        expect(answer.json).not.toHaveProperty("lastActivityAt")
      }
    }).pipe(Effect.provide(server()))
  )

  it.effect("keeps a sandbox in error until it is recovered, and only touches it when that fails", () =>
    Effect.gen(function* () {
      const { outcomes } = yield* EmbeddedDaytona
      yield* outcomes.inject({ during: "create", outcome: Outcome.fail("full", { recoverable: true }) })
      yield* post("/sandbox", { name: "box" })
      yield* TestClock.adjust("1 second")
      const error = { state: "error", errorReason: "full", recoverable: true }
      yield* outcomes.inject({ during: "recover", outcome: Outcome.fail("full", { recoverable: true }) })
      expect((yield* post("/sandbox/box/recover?skipStart=true")).json).toMatchObject(error)
      const begun = yield* get("/sandbox/box")
      expect(begun.json).toMatchObject(error)
      yield* TestClock.adjust("1 minute")
      const failed = yield* get("/sandbox/box")
      expect(failed.json).toMatchObject(error)
      expect(textAt(failed.json, "updatedAt")).not.toBe(textAt(begun.json, "updatedAt"))
      yield* post("/sandbox/box/recover?skipStart=true")
      yield* TestClock.adjust("1 minute")
      expect((yield* get("/sandbox/box")).json).toMatchObject({
        state: "stopped",
        errorReason: null,
        recoverable: false
      })
    }).pipe(Effect.provide(server({ durations: { create: 0, pickUp: 0, recover: "1 minute" } })))
  )

  it.effect("refuses a snapshot over the quota for one sandbox, and names its dashboard", () =>
    Effect.gen(function* () {
      const image = { name: "big", imageName: "a:1" }
      expect(verdict(yield* post("/snapshots", { ...image, cpu: 9 }))).toEqual([
        400,
        "CPU request 9 exceeds maximum allowed per sandbox (4).\nNeed higher resource limits per-sandbox? Contact us at support@daytona.io and let us know about your use case."
      ])
      expect(verdict(yield* post("/sandbox", { buildInfo: build, memory: 11 }))).toEqual([
        400,
        `Total memory limit exceeded. Maximum allowed: 10GiB.\nTo increase concurrency limits, upgrade your organization's Tier by visiting ${base}/dashboard/limits.`
      ])
    }).pipe(Effect.provide(server({ organizations: [{ id: "o", quotas: { cpuPerSandbox: 4, totalMemory: 10 } }] })))
  )

  it.effect("runs a linked sandbox beside its owner", () =>
    Effect.gen(function* () {
      yield* post("/sandbox", { name: "owner" })
      yield* post("/sandbox", { name: "helper", linkedSandbox: "owner", autoDeleteInterval: 0 })
      const [owner, helper] = [yield* get("/sandbox/owner"), yield* get("/sandbox/helper")]
      expect(textAt(helper.json, "runnerId")).toBe(textAt(owner.json, "runnerId"))
    }).pipe(Effect.provide(server()))
  )

  it.effect("asks for no period of the spans of a trace", () =>
    Effect.gen(function* () {
      const { json } = yield* post("/sandbox", { name: "box" })
      expect(yield* get(`/sandbox/${textAt(json, "id")}/telemetry/traces/t`)).toMatchObject({ status: 200, json: [] })
    }).pipe(Effect.provide(server()))
  )

  it.effect("forbids a suspended organization to create volumes, and not to change labels", () =>
    Effect.gen(function* () {
      expect((yield* post("/volumes", { name: "v" })).status).toBe(403)
      expect((yield* post("/sandbox", {})).status).toBe(403)
      expect((yield* get("/object-storage/push-access")).status).toBe(200)
    }).pipe(Effect.provide(server({ organizations: [{ id: "o", suspended: "unpaid" }] })))
  )
})
