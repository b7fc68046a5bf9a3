/** `examples/durable-service` on a Postgres of its own: as its readers run it, in processes that are killed. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { createServer } from "node:net"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { postgresPrograms, startPostgres } from "../../bench/servers/postgres.js"
import { Claude, EmbeddedStromboli, Script } from "../../src/embedded/stromboli/index.js"

const root = fileURLToPath(new URL("../..", import.meta.url))

/** The prompts that were paid for. */
class Billed extends Context.Tag("test/Billed")<Billed, Ref.Ref<ReadonlyArray<string>>>() {}

class Database extends Context.Tag("test/Database")<Database, string>() {}

/** An agent that works for three seconds, or without an end. */
const servers = Layer.unwrapEffect(
  Effect.map(Ref.make<ReadonlyArray<string>>([]), (billed) => {
    const agent = Claude.layerFrom((input) =>
      Stream.unwrap(
        Ref.update(billed, (all) => [...all, input.prompt]).pipe(
          Effect.zipRight(input.prompt === "Never end" ? Effect.never : Effect.sleep("3 seconds")),
          Effect.as(Script.replies(input, "all is well"))
        )
      )
    )
    return Layer.mergeAll(
      EmbeddedStromboli.layerServer().pipe(Layer.provide(agent)),
      Layer.succeed(Billed, billed),
      Layer.scoped(
        Database,
        Effect.acquireRelease(
          Effect.promise(() => startPostgres(["fsync=off"])),
          ({ stop }) => Effect.promise(stop)
        ).pipe(Effect.map(({ url }) => url))
      )
    )
  })
)

interface Process {
  readonly child: ChildProcess
  readonly lines: ReadonlyArray<string>
}

const start = (program: "service" | "worker", environment: Record<string, string>) =>
  Effect.gen(function* () {
    const STROMBOLI_URL = Option.getOrThrow((yield* EmbeddedStromboli).url)
    const DATABASE_URL = yield* Database
    return yield* Effect.acquireRelease(
      Effect.sync((): Process => {
        const child = spawn(process.execPath, ["--import", "tsx", `examples/durable-service/${program}.ts`], {
          cwd: root,
          env: { ...process.env, STROMBOLI_URL, DATABASE_URL, ...environment },
          stdio: ["ignore", "pipe", "inherit"]
        })
        const lines: Array<string> = []
        createInterface(child.stdout).on("line", (line) => lines.push(line))
        return { child, lines }
      }),
      killed
    )
  })

const killed = ({ child }: Process) =>
  Effect.promise(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, "exit")
    child.kill("SIGKILL")
    await gone
  })

/** Waits until it is so; the time limit of the test is the only one. */
const eventually = <E, R>(isSo: Effect.Effect<boolean, E, R>) =>
  Effect.repeat(isSo, { until: (so) => so, schedule: Schedule.spaced("50 millis") })

/** Waits for a line, and returns what is in its parentheses. */
const says = ({ child, lines }: Process, pattern: RegExp) =>
  eventually(Effect.sync(() => lines.some((line) => pattern.test(line)) || child.exitCode !== null)).pipe(
    Effect.map(() => lines.map((line) => pattern.exec(line)?.[1]).find((found) => found !== undefined)),
    Effect.map((found) => found ?? lines.join("\n"))
  )

/** The port of a worker has to be known before it listens. */
const freePort = Effect.promise(async () => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === "object" && address !== null ? String(address.port) : ""
})

const startWorker = Effect.gen(function* () {
  const worker = yield* start("worker", { WORKER_PORT: yield* freePort })
  yield* says(worker, /The worker works/)
  return worker
})

const startService = Effect.gen(function* () {
  const service = yield* start("service", { SERVICE_PORT: yield* freePort })
  return { service, runs: `${yield* says(service, /listens on (\S+)/)}/runs` }
})

const asked = (method: string, url: string, body?: unknown) =>
  Effect.promise(async () => {
    const response = await fetch(url, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } })
    })
    const text = await response.text()
    return { status: response.status, text, body: text.startsWith("{") ? JSON.parse(text) : undefined }
  })

/** The events of a run, to the last one. */
const watched = (url: string) =>
  Effect.map(asked("GET", `${url}/events`), ({ text }) =>
    text
      .trim()
      .split("\n\n")
      .map((event) => {
        const [, name = "", data = "null"] = /^event: (.*)\ndata: (.*)$/.exec(event) ?? []
        return { name, data: JSON.parse(data) }
      })
  )

const limit = 120_000

describe.skipIf(postgresPrograms() === undefined)("the durable service on Postgres", () => {
  it.scopedLive(
    "delivers a run that was paid for once, though the worker that began it and the service were killed",
    () =>
      Effect.gen(function* () {
        const first = yield* startWorker
        const { runs, service } = yield* startService
        const url = `${runs}/november`
        expect(yield* asked("PUT", url, { prompt: "Write the report" })).toMatchObject({
          status: 202,
          body: { key: "november", isCancelled: false }
        })
        yield* eventually(Effect.map(asked("GET", url), ({ body }) => body.state === "running"))
        yield* killed(first)
        yield* killed(service)

        yield* startWorker
        const again = `${(yield* startService).runs}/november`
        // A client that does not know whether it was heard asks again.
        expect(yield* asked("PUT", again, { prompt: "Write the report" })).toMatchObject({ status: 202 })
        const events = yield* watched(again)
        expect(events.at(-1)).toMatchObject({ name: "answer", data: { text: "all is well" } })
        expect(events.at(-2)).toMatchObject({ name: "progress", data: { state: "completed", runs: 1 } })
        expect(yield* Ref.get(yield* Billed)).toEqual(["Write the report"])
      }).pipe(Effect.provide(servers)),
    limit
  )

  it.scopedLive(
    "cancels a run, says what goes on, and refuses what it cannot do",
    () =>
      Effect.gen(function* () {
        yield* startWorker
        const { runs } = yield* startService
        yield* asked("PUT", `${runs}/endless`, { prompt: "Never end" })
        yield* eventually(Effect.map(asked("GET", `${runs}/endless`), ({ body }) => body.state === "running"))

        expect(yield* asked("PUT", `${runs}/endless`, { prompt: "Something else" })).toMatchObject({
          status: 409,
          body: { _tag: "RunRequestConflict" }
        })
        expect(yield* asked("PUT", `${runs}/empty`, { prompt: "" })).toMatchObject({ status: 400 })
        expect(yield* asked("PUT", `${runs}/${"k".repeat(1025)}`, { prompt: "Hello" })).toMatchObject({ status: 400 })
        for (const [method, path] of [
          ["GET", "none"],
          ["GET", "none/events"],
          ["DELETE", "none"]
        ] as const) {
          expect(yield* asked(method, `${runs}/${path}`)).toMatchObject({ status: 404, body: { _tag: "RunUnknown" } })
        }

        expect(yield* asked("DELETE", `${runs}/endless`)).toMatchObject({ status: 202 })
        const last = (yield* watched(`${runs}/endless`)).at(-1)
        expect(last).toMatchObject({ name: "failure", data: { _tag: "RunCancelled" } })
        expect(last?.data.message).toContain("goes on, and costs money until it ends")
        expect(yield* Ref.get(yield* Billed)).toEqual(["Never end"])
      }).pipe(Effect.provide(servers)),
    limit
  )
})
