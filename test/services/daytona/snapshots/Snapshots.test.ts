import * as NodeContext from "@effect/platform-node/NodeContext"
import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberStatus from "effect/FiberStatus"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import {
  type Daytona,
  type DaytonaClient,
  Image,
  RegionId,
  Sandboxes,
  SandboxId,
  SnapshotId,
  SnapshotName,
  Snapshots,
  withRequestOptions
} from "../../../../src/daytona.js"
import { type EmbeddedDaytona, Outcome } from "../../../../src/embedded/daytona/index.js"
import { type Script as BuildScript, id, serve, snapshotOf } from "../../../support/buildLogServer.js"
import { daytona, daytonaOver, happens, lines } from "../../../support/daytonaOver.js"
import * as Script from "../../../support/scriptedServer.js"
import { temporary } from "../../../support/temporaryFiles.js"

const name = SnapshotName.make("s:1")
const given = { name, image: "python:3.12" } as const
const snapshots = <A, E, R>(use: (service: Snapshots.Service) => Effect.Effect<A, E, R>) =>
  Effect.flatMap(Snapshots, use)

/** Runs to completion, however long it takes in test time, and returns when that was. */
const timed = <A, E, R>(program: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(Effect.zip(Effect.exit(program), Clock.currentTimeMillis))
    yield* TestClock.adjust("3 hours")
    const [exit, end] = yield* Fiber.join(fiber)
    const failure = Exit.isFailure(exit) && exit.cause._tag === "Fail" ? exit.cause.error : undefined
    return { value: Exit.isSuccess(exit) ? exit.value : undefined, failure, end }
  })

const withScript = <A, E>(
  answers: ReadonlyArray<Script.Answer>,
  program: Effect.Effect<A, E, Snapshots>,
  options: Partial<DaytonaClient.Options> = {}
) =>
  Effect.gen(function* () {
    const server = Script.scripted(...answers)
    const result = yield* timed(Effect.provide(program, daytonaOver(server.layer, { retry: false, ...options })))
    return {
      ...result,
      asked: server.asked.map(({ method, url, body }) => ({
        method,
        url: url.replace("http://daytona.test/api", ""),
        body
      }))
    }
  })

const responding = (state: string, reason?: string) => Script.json(snapshotOf(state, reason ?? null))
const sent = (body: string): unknown => (body === "" ? undefined : JSON.parse(body))

describe("a new snapshot", () => {
  it.effect("is requested by name and image, and awaited by its id", () =>
    Effect.gen(function* () {
      const program = snapshots((all) =>
        all.create({ ...given, entrypoint: ["sleep", "1"], cpu: 2, memory: 4, disk: 10, regionId: RegionId.make("us") })
      )
      const { asked, value } = yield* withScript(
        [responding("pending"), responding("pulling"), responding("active")],
        program
      )
      expect(asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
        "POST /snapshots",
        `GET /snapshots/${id}`,
        `GET /snapshots/${id}`
      ])
      expect(sent(asked[0]?.body ?? "")).toEqual({
        name: "s:1",
        imageName: "python:3.12",
        entrypoint: ["sleep", "1"],
        cpu: 2,
        memory: 4,
        disk: 10,
        regionId: "us"
      })
      expect(value).toMatchObject({ id, name: "s:1", state: "active", memory: 1 })
      expect(value).not.toHaveProperty("errorReason")
    })
  )

  it.effect("may be built, with the entrypoint in the Dockerfile, without changing the image", () =>
    Effect.gen(function* () {
      const image = Image.base("x:1").pipe(Image.run("a"))
      const program = snapshots((all) => all.create({ name, image, entrypoint: ["b", "c d"] }))
      const { asked } = yield* withScript([responding("active")], program)
      expect(sent(asked[0]?.body ?? "")).toEqual({
        name: "s:1",
        buildInfo: { dockerfileContent: 'FROM x:1\nRUN a\nENTRYPOINT ["b", "c d"]\n' }
      })
      expect(yield* Image.dockerfile(image)).toBe("FROM x:1\nRUN a\n")
    })
  )

  it.effect("is active immediately if the same image was built before, and is not polled", () =>
    Effect.map(
      withScript(
        [responding("active")],
        snapshots((all) => all.create(given))
      ),
      ({ asked, end, value }) => {
        expect(asked).toHaveLength(1)
        expect(end).toBe(0)
        expect(value?.state).toBe("active")
      }
    )
  )

  it.effect("uses the region of the layer, unless it has its own", () =>
    Effect.gen(function* () {
      const regionOf = (program: Effect.Effect<unknown, unknown, Snapshots>) =>
        Effect.map(withScript([responding("active")], program, { target: "eu" }), ({ asked }) =>
          sent(asked[0]?.body ?? "")
        )
      expect(yield* regionOf(snapshots((all) => all.create(given)))).toMatchObject({ regionId: "eu" })
      expect(
        yield* regionOf(snapshots((all) => all.create({ ...given, regionId: RegionId.make("us") })))
      ).toMatchObject({ regionId: "us" })
    })
  )

  for (const state of ["build_failed", "error"] as const) {
    it.effect(`that ends as ${state} fails with the server's reason`, () =>
      Effect.map(
        withScript(
          [responding("pending"), responding("building"), responding(state, "no such package")],
          snapshots((all) => all.create(given))
        ),
        ({ failure }) => {
          expect(failure).toMatchObject({
            _tag: "BuildFailed",
            code: "BUILD_FAILED",
            operation: "Snapshots.create",
            id,
            state,
            reason: "no such package",
            admitted: "yes"
          })
        }
      )
    )
  }

  for (const state of ["removing", "inactive"]) {
    it.effect(`that becomes ${state} meanwhile is not awaited forever`, () =>
      Effect.map(
        withScript(
          [responding("pending"), responding(state)],
          snapshots((all) => all.create(given))
        ),
        ({ failure }) => expect(failure).toMatchObject({ _tag: "BuildFailed", state })
      )
    )
  }

  it.effect("in an unknown state is neither active nor failed", () =>
    Effect.map(
      withScript(
        [responding("pending"), responding("defrosting"), responding("active")],
        snapshots((all) => all.create(given))
      ),
      ({ asked, value }) => {
        expect(value?.state).toBe("active")
        expect(asked).toHaveLength(3)
      }
    )
  )

  it.effect("is awaited through transient failures", () =>
    Effect.map(
      withScript(
        [responding("pending"), Script.error(503, "soon"), Script.reset, Script.error(502, ""), responding("active")],
        snapshots((all) => all.create(given))
      ),
      ({ value }) => expect(value?.state).toBe("active")
    )
  )

  it.effect("that takes longer than 65 minutes times out with its id", () =>
    Effect.map(
      withScript(
        [responding("pending"), responding("building")],
        snapshots((all) => all.create(given, { schedule: Schedule.spaced("2 minutes") }))
      ),
      ({ end, failure }) => {
        expect(failure).toMatchObject({
          _tag: "SnapshotWaitTimeout",
          code: "SNAPSHOT_WAIT_TIMEOUT",
          snapshot: id,
          lastState: "building",
          admitted: "yes"
        })
        expect(end).toBe(65 * 60_000)
      }
    )
  )

  it.effect("has a timeout that includes the request", () =>
    Effect.gen(function* () {
      const program = snapshots((all) => all.create(given, { timeout: "10 seconds" }))
      const slow = yield* withScript(
        [Script.later("9 seconds", responding("pending")), responding("building")],
        program
      )
      expect(slow).toMatchObject({ end: 10_000, failure: { _tag: "SnapshotWaitTimeout", lastState: "building" } })
      yield* TestClock.setTime(0)
      const unanswered = yield* withScript(["never"], program)
      expect(unanswered).toMatchObject({
        end: 10_000,
        failure: { _tag: "SnapshotWaitTimeout", snapshot: "s:1", admitted: "unknown" }
      })
    })
  )

  it.effect("with a name that is taken is a Conflict", () =>
    Effect.map(
      withScript(
        [Script.json({ statusCode: 409, message: "exists" }, 409)],
        snapshots((all) => all.create(given))
      ),
      ({ failure }) => expect(failure).toMatchObject({ _tag: "Conflict", detail: "exists" })
    )
  )

  const wrong: ReadonlyArray<readonly [what: string, change: object, field: string]> = [
    ["an image without tag", { image: "python" }, "imageName"],
    ["an image with a port and no tag", { image: "localhost:5000/python" }, "imageName"],
    ["an image tagged latest", { image: "python:latest" }, "imageName"],
    ["an image that is not a name", { image: "python 3:1" }, "imageName"],
    ["an empty name", { name: SnapshotName.make("") }, "name"],
    ["a name with a space", { name: SnapshotName.make("a b") }, "name"],
    ["memory in MiB", { memory: 4096 }, "memory"],
    ["half a core", { cpu: 0.5 }, "cpu"]
  ]
  for (const [what, change, field] of wrong) {
    it.effect(`with ${what} is not requested`, () =>
      Effect.map(
        withScript(
          [responding("active")],
          snapshots((all) => all.create({ ...given, ...change }))
        ),
        ({ asked, failure }) => {
          expect(failure).toMatchObject({ _tag: "InvalidRequest", operation: "Snapshots.create", field })
          expect(asked).toEqual([])
        }
      )
    )
  }

  for (const image of [`a@sha256:${"0".repeat(64)}`, "localhost:5000/a/b:1", "ubuntu:22.04"]) {
    it.effect(`may use the image ${image}`, () =>
      Effect.map(
        withScript(
          [responding("active")],
          snapshots((all) => all.create({ name, image }))
        ),
        ({ value }) => expect(value?.state).toBe("active")
      )
    )
  }

  it.effect("from an invalid image is not requested, and the problem is named", () =>
    Effect.map(
      withScript(
        [responding("active")],
        snapshots((all) => all.create({ name, image: Image.base("x:1").pipe(Image.run("")) }))
      ),
      ({ asked, failure }) => {
        expect(failure).toMatchObject({ _tag: "InvalidRequest", operation: "Image.run", field: "command" })
        expect(asked).toEqual([])
      }
    )
  )
})

/** The events of the creation of a snapshot, over a scripted server. */
const watched = (script: BuildScript, options: Snapshots.AwaitOptions = {}) =>
  Effect.gen(function* () {
    const { layer } = serve(script)
    const events: Array<string> = []
    const image = Image.base("x:1")
    const program = Effect.flatMap(Snapshots, (all) =>
      Stream.runForEach(all.createWithLogs({ name, image }, options), (event) =>
        Effect.sync(() => {
          events.push(
            event._tag === "Log"
              ? event.line
              : event._tag === "LogUnavailable"
                ? `! ${event.error._tag}`
                : `${event._tag} ${event.snapshot.state}`
          )
        })
      )
    )
    const result = yield* timed(Effect.provide(program, daytonaOver(layer, { retry: false })))
    return { ...result, events }
  })

describe("a new snapshot with its log", () => {
  const log = [
    [1000, "one\n"],
    [2000, "two"]
  ] as const

  it.effect("emits its creation, every line, and its completion", () =>
    Effect.map(watched({ log, ends: 5000 }), ({ events, failure }) => {
      expect(failure).toBeUndefined()
      expect(events).toEqual(["Created building", "one", "two", "Active active"])
    })
  )

  it.effect("that fails emits every line first", () =>
    Effect.map(watched({ log, ends: 5000, outcome: "build_failed", errorReason: "bad" }), ({ events, failure }) => {
      expect(events).toEqual(["Created building", "one", "two"])
      expect(failure).toMatchObject({ _tag: "BuildFailed", operation: "Snapshots.createWithLogs", reason: "bad" })
    })
  )

  it.effect("that was built before has no log", () =>
    Effect.map(watched({ log, ends: 0 }), ({ events }) => expect(events).toEqual(["Created active", "Active active"]))
  )

  it.effect("is created even if its log cannot be read", () =>
    Effect.gen(function* () {
      expect((yield* watched({ log, ends: 5000, logStatus: 401 })).events).toEqual([
        "Created building",
        "! Unauthorized",
        "Active active"
      ])
      yield* TestClock.setTime(0)
      expect((yield* watched({ log, ends: 5000, url: "https://elsewhere.test/x" })).events).toEqual([
        "Created building",
        "! InvalidRequest",
        "Active active"
      ])
    })
  )

  it.effect("has a timeout for all of it", () =>
    Effect.map(watched({ log, ends: 3_600_000 }, { timeout: "10 seconds" }), ({ end, events, failure }) => {
      expect(events).toEqual(["Created building", "one"])
      expect(failure).toMatchObject({ _tag: "SnapshotWaitTimeout", snapshot: id, lastState: "building" })
      expect(end).toBe(10_000)
    })
  )
})

describe("a snapshot", () => {
  const byName = SnapshotName.make("team/s 1")
  const byId = SnapshotId.make(id)
  const paths = (asked: ReadonlyArray<{ readonly method: string; readonly url: string }>) =>
    asked.map(({ method, url }) => `${method} ${url}`)
  const missing = Script.json({ statusCode: 404, message: "Snapshot not found" }, 404)
  const done: Script.Answer = { status: 200 }

  it.effect("is looked up by id or name", () =>
    Effect.gen(function* () {
      const { asked } = yield* withScript(
        [responding("active")],
        snapshots((all) => all.get(byName))
      )
      expect(paths(asked)).toEqual(["GET /snapshots/team%2Fs%201"])
      const { failure } = yield* withScript(
        [missing],
        snapshots((all) => all.get(byId))
      )
      expect(failure).toMatchObject({ _tag: "NotFound", operation: "Snapshots.get" })
    })
  )

  for (const [what, change, request] of [
    [
      "deleted",
      (all: Snapshots.Service) => (which: SnapshotId | SnapshotName) => all.delete(which),
      `DELETE /snapshots/${id}`
    ],
    [
      "activated",
      (all: Snapshots.Service) => (which: SnapshotId | SnapshotName) => all.activate(which),
      `POST /snapshots/${id}/activate`
    ],
    [
      "deactivated",
      (all: Snapshots.Service) => (which: SnapshotId | SnapshotName) => all.deactivate(which),
      `POST /snapshots/${id}/deactivate`
    ]
  ] as const) {
    const answer = what === "activated" ? responding("pending") : done
    it.effect(`is ${what} by id, or by a name that is looked up first`, () =>
      Effect.gen(function* () {
        const one = yield* withScript(
          [answer],
          snapshots((all) => Effect.asVoid(change(all)(byId)))
        )
        expect(paths(one.asked)).toEqual([request])
        expect(one.failure).toBeUndefined()
        const other = yield* withScript(
          [responding("active"), answer],
          snapshots((all) => Effect.asVoid(change(all)(byName)))
        )
        expect(paths(other.asked)).toEqual(["GET /snapshots/team%2Fs%201", request])
        expect(other.failure).toBeUndefined()
      })
    )
    it.effect(`is ${what} by a name that looks like an id too`, () =>
      Effect.gen(function* () {
        const odd = SnapshotName.make("99999999-2222-4333-8444-555555555555")
        const { asked, failure } = yield* withScript(
          [missing, responding("active"), answer],
          snapshots((all) => Effect.asVoid(change(all)(odd)))
        )
        expect(paths(asked).slice(1)).toEqual([`GET /snapshots/${odd}`, request])
        expect(failure).toBeUndefined()
      })
    )
    it.effect(`that does not exist cannot be ${what}`, () =>
      Effect.map(
        withScript(
          [missing],
          snapshots((all) => Effect.asVoid(change(all)(byId)))
        ),
        ({ failure }) => expect(failure).toMatchObject({ _tag: "NotFound" })
      )
    )
  }

  it.effect("is in a list that is read page by page", () =>
    Effect.gen(function* () {
      const page = (number: number) =>
        Script.json({
          items: [{ ...snapshotOf("active"), name: `s${number}:1` }],
          total: 2,
          page: number,
          totalPages: 2
        })
      const filter = { name: "s", sort: "createdAt", order: "asc", sourceSandboxId: SandboxId.make("sb") } as const
      const { asked, value } = yield* withScript(
        [page(1), page(2)],
        snapshots((all) => Stream.runCollect(all.list({ ...filter, pageSize: 1 })))
      )
      expect(Chunk.toReadonlyArray(value ?? Chunk.empty()).map((each) => each.name)).toEqual(["s1:1", "s2:1"])
      expect(paths(asked)).toEqual(
        [1, 2].map(
          (number) => `GET /snapshots?name=s&sourceSandboxId=sb&sort=createdAt&order=asc&page=${number}&limit=1`
        )
      )
    })
  )

  it.effect("is on a page, whose size the server limits", () =>
    Effect.gen(function* () {
      const { failure } = yield* withScript(
        [done],
        snapshots((all) => all.listPage({ limit: 201 }))
      )
      expect(failure).toMatchObject({ _tag: "InvalidRequest", field: "limit" })
    })
  )

  it.effect("that was not built has no log", () =>
    Effect.gen(function* () {
      const pulled = Script.json({ ...snapshotOf("active"), buildInfo: null })
      const { failure } = yield* withScript(
        [pulled, Script.json({ statusCode: 404, message: "Snapshot has no build info" }, 404)],
        snapshots((all) => Stream.runDrain(all.buildLogs(byId)))
      )
      expect(failure).toMatchObject({ _tag: "NotFound", detail: "Snapshot has no build info" })
    })
  )

  it.effect("of an older server may lack a field", () =>
    Effect.gen(function* () {
      const { sourceSandboxId: _, ...older } = snapshotOf("active")
      const { value } = yield* withScript(
        [Script.json(older)],
        snapshots((all) => all.get(byId))
      )
      expect(value?.id).toBe(id)
    })
  )
})

/** Time passes in steps, so that what waits for files and digests of this machine is not left behind. */
const onEmbedded = <A, E>(
  program: Effect.Effect<A, E, Daytona.Daytona | EmbeddedDaytona | Image.LocalFiles | Scope.Scope>
) =>
  Effect.gen(function* () {
    const fiber = yield* program.pipe(
      withRequestOptions({ timeout: "1 hour" }),
      Effect.scoped,
      Effect.provide(daytona({ server: { autoManagementInterval: "1 day" } })),
      Effect.provide(NodeContext.layer),
      Effect.exit,
      Effect.fork
    )
    yield* TestClock.adjust("20 seconds").pipe(
      Effect.repeat({ until: () => Effect.map(fiber.status, FiberStatus.isDone) })
    )
    const exit = yield* Fiber.join(fiber)
    const failure = Exit.isFailure(exit) && exit.cause._tag === "Fail" ? exit.cause.error : undefined
    return { value: Exit.isSuccess(exit) ? exit.value : undefined, failure }
  })

describe("on an embedded server", () => {
  it.effect("a snapshot of local files is uploaded, built, followed, used, deactivated and deleted", () =>
    Effect.gen(function* () {
      const { failure, value } = yield* onEmbedded(
        Effect.gen(function* () {
          const all = yield* Snapshots
          const directory = yield* temporary({ "main.py": "print()" })
          const image = Image.debianSlim().pipe(Image.addLocalDir(directory, "/app"), Image.pipInstall(["numpy>=1.26"]))
          const events = yield* Stream.runCollect(all.createWithLogs({ name, image }))
          const tags = Chunk.toReadonlyArray(events).map((event) => event._tag)
          const again = yield* all.create({ name: SnapshotName.make("s:2"), image })
          const log = yield* Stream.runCollect(all.buildLogs(name))
          const listed = yield* Stream.runCollect(all.list({ name: "s:" }))
          yield* all.deactivate(name)
          yield* Effect.sleep("11 minutes")
          yield* all.activate(name)
          const active = yield* all.awaitActive(name)
          yield* all.delete(name)
          yield* Effect.sleep("1 minute")
          const gone = yield* Effect.flip(all.get(name))
          return {
            tags,
            again,
            log: Chunk.toReadonlyArray(log),
            listed: Chunk.size(listed),
            active,
            gone,
            wire: yield* lines
          }
        })
      )
      expect(failure).toBeUndefined()
      expect(value?.tags.at(0)).toBe("Created")
      expect(value?.tags.filter((tag) => tag === "Log").length).toBe(value?.log.length)
      expect(value?.log.length).toBeGreaterThan(0)
      expect(value?.tags.at(-1)).toBe("Active")
      expect(value?.again.state).toBe("active")
      expect(value?.listed).toBeGreaterThanOrEqual(2)
      expect(value?.active.state).toBe("active")
      expect(value?.gone._tag).toBe("NotFound")
      expect(value?.wire.filter((line) => line.startsWith("PUT ") && line.endsWith("/context.tar"))).toHaveLength(1)
    })
  )

  it.effect("a failed build has its reason", () =>
    Effect.gen(function* () {
      const { failure } = yield* onEmbedded(
        Effect.gen(function* () {
          yield* happens({ during: "buildSnapshot", outcome: Outcome.fail("no space left") })
          return yield* snapshots((all) => all.create({ name, image: Image.base("x:1") }))
        })
      )
      expect(failure).toMatchObject({ _tag: "BuildFailed", reason: "no space left" })
    })
  )

  it.effect("the build of a sandbox has a log too, although the connection never ends", () =>
    Effect.gen(function* () {
      const { failure, value } = yield* onEmbedded(
        Effect.gen(function* () {
          const sandboxes = yield* Sandboxes
          const image = Image.base("python:3.12").pipe(Image.run("echo one"))
          const { id: sandbox } = yield* sandboxes.create({ image }, { wait: false })
          const log = yield* Stream.runCollect(sandboxes.buildLogs(sandbox))
          return { log: Chunk.toReadonlyArray(log), state: (yield* sandboxes.get(sandbox)).state }
        })
      )
      expect(failure).toBeUndefined()
      expect(value?.log.join("\n")).toContain("echo one")
      expect(value?.state).toBe("started")
    })
  )
})
