/**
 * What every runtime has to do: a run, a stream and a job on Stromboli, and the page of a run; a command and a file in
 * a sandbox of Daytona; a terminal where there is a `WebSocket`. It uses nothing but Effect, the core of this package
 * and the platform's own `fetch`.
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { Daytona, Sandboxes } from "effect-sandboxes/daytona"
import { RunReport } from "effect-sandboxes/report"
import { Execution, Jobs, Stromboli } from "effect-sandboxes/stromboli"

/** The two servers. */
export interface Servers {
  readonly stromboliUrl: string
  readonly stromboliToken: string
  readonly daytonaUrl: string
  readonly daytonaKey: string
}

/** What was done, by the name of the task, and the first failure if there was one. */
export interface Report {
  readonly did: Readonly<Record<string, string>>
  readonly failure: string | undefined
}

const expect = (what: string, found: string, wanted: string): Effect.Effect<string, Error> =>
  found.includes(wanted) ? Effect.succeed(wanted) : Effect.fail(new Error(`${what}: wanted ${wanted}, found ${found}`))

const run = Effect.gen(function* () {
  const execution = yield* Execution
  return yield* expect("run", (yield* execution.run({ prompt: "Count to 3" })).output ?? "", "3")
})

const stream = Effect.gen(function* () {
  const execution = yield* Execution
  const events = yield* Stream.runCollect(execution.stream({ prompt: "Count to 5" }))
  const shape = Array.from(events, ({ _tag }) => _tag).join(" ")
  return yield* expect("stream", shape, "Output Output Output Output Output Done")
})

const job = Effect.gen(function* () {
  const execution = yield* Execution
  const jobs = yield* Jobs
  const started = yield* execution.runAsync({ prompt: "Count to 2" })
  return yield* expect("job", (yield* jobs.await(started)).status, "completed")
})

const sandbox = (did: Record<string, string>) =>
  Effect.gen(function* () {
    const sandboxes = yield* Sandboxes
    const { files, process, pty } = yield* sandboxes.scoped({ image: "python:3.12" })

    const { exitCode, stderr, stdout } = yield* process.execute("echo out; echo err >&2; exit 3")
    did["command"] = yield* expect("command", `${stdout}${stderr}${exitCode}`, "out\nerr\n3")

    yield* files.writeText("greeting.txt", "grüß dich")
    did["file"] = yield* expect("file", yield* files.readText("greeting.txt"), "grüß dich")

    if (typeof globalThis.WebSocket === "undefined") return
    const terminal = yield* pty.scoped({ size: { columns: 80, rows: 24 } })
    yield* terminal.send("stty size; exit 4\n")
    const screen = yield* Stream.mkString(terminal.outputText)
    yield* expect("terminal", screen, "24 80")
    did["terminal"] = yield* expect("terminal", `exit ${(yield* terminal.exit).exitCode}`, "exit 4")
  }).pipe(Effect.scoped)

const page = Effect.suspend(() => expect("page", RunReport.html([RunReport.prompt("Count to 3")]), "Count to 3"))

/** Does everything, in order, and says how far it came. */
export const demonstrate = (servers: Servers): Promise<Report> => {
  const did: Record<string, string> = {}
  const layers = Layer.mergeAll(
    Stromboli.layer({ baseUrl: servers.stromboliUrl, token: Redacted.make(servers.stromboliToken) }),
    Daytona.layer({ apiUrl: servers.daytonaUrl, apiKey: Redacted.make(servers.daytonaKey) })
  ).pipe(Layer.provide(FetchHttpClient.layer))

  const program = Effect.gen(function* () {
    did["run"] = yield* run
    did["stream"] = yield* stream
    did["job"] = yield* job
    did["page"] = yield* page
    yield* sandbox(did)
  })

  return Effect.runPromiseExit(Effect.provide(program, layers)).then((exit) => ({
    did,
    failure: Exit.isSuccess(exit) ? undefined : Cause.pretty(exit.cause)
  }))
}
