/**
 * A worker process, which stops for good where it is told to, so that it can be killed there.
 *
 * Arguments: the addresses of Stromboli and Daytona, the database, what to do (`run` or `tests`), and where to stop:
 * `before POST /run/async`, `after DELETE /sandbox`, `before storing`, `after storing`, or nowhere. `storing` is the
 * first result that is stored after the server said that the job is over.
 */
import { writeSync } from "node:fs"
import * as HttpClient from "@effect/platform/HttpClient"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { Daytona } from "../../src/daytona.js"
import * as NodeTransport from "../../src/node/NodeTransport.js"
import { Stromboli } from "../../src/stromboli.js"
import { AgentRuns, Engine, RunOutcome } from "../../src/workflow/index.js"
import { watchStatements } from "../support/sqliteStatements.js"
import { Tests, testsLayer } from "./tests.js"

const [, , stromboli = "", daytona = "", filename = "", mode = "", stop = ""] = process.argv

const say = (line: string) => writeSync(1, `${line}\n`)

/** Stops the whole process, timers and sockets included. */
const halt = (point: string): void => {
  if (point !== stop) return
  say(`at ${point}`)
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}

let isOver = false

const transport = Layer.effect(
  HttpClient.HttpClient,
  Effect.map(HttpClient.HttpClient, (client) =>
    HttpClient.transform(client, (answer, request) => {
      const path = new URL(request.url).pathname.replace(/^\/api/, "")
      const line = `${request.method} ${path}`
      const matches = /^(before|after) (\S+ \S+)$/.exec(stop)
      const isHere = matches !== null && line.startsWith(matches[2] ?? "")
      return Effect.suspend(() => {
        if (isHere) halt(`before ${matches?.[2]}`)
        return Effect.tap(answer, (response) =>
          Effect.gen(function* () {
            if (isHere) halt(`after ${matches?.[2]}`)
            if (!/^GET \/jobs\/job-/.test(line)) return
            const text = yield* response.text
            isOver = isOver || /"status":\s*"completed"/.test(text)
          }).pipe(Effect.ignore)
        )
      })
    })
  )
).pipe(Layer.provide(NodeTransport.layer))

/** In the middle of storing. */
const haltIn = (point: string) => (sql: string) => {
  if (isOver && /INSERT INTO "?cluster_replies/.test(sql)) halt(point)
}

watchStatements({ before: haltIn("before storing"), after: haltIn("after storing") })

const run = Effect.gen(function* () {
  const runs = yield* AgentRuns
  yield* runs.submit({
    key: "report",
    prompt: "Write the report",
    polls: { first: "300 millis", factor: 1, most: "300 millis" }
  })
  const running = runs
    .progress("report")
    .pipe(Effect.repeat({ until: ({ rounds, state }) => state === "running" && rounds > 1 }))
  yield* Effect.fork(Effect.tap(running, () => Effect.sync(() => say("waiting"))))
  const outcome = yield* runs.result("report")
  say(`result: ${yield* RunOutcome.text(outcome)}, of ${outcome.runs} runs`)
})

const tests = Effect.gen(function* () {
  const { exitCode, stdout, text } = yield* Tests.execute({ commit: "abc" })
  say(`result: ${exitCode} ${stdout.trim()}, ${text}`)
})

const clients = Layer.merge(
  Stromboli.layer({ baseUrl: stromboli }),
  Daytona.layer({ apiUrl: `${daytona}/api`, apiKey: Redacted.make("dtn_key"), application: "durable" })
).pipe(Layer.provide(transport))

const work = Layer.mergeAll(AgentRuns.layer, AgentRuns.layerWorker(), testsLayer).pipe(
  Layer.provideMerge(Engine.layerSingleProcess({ pollInterval: "200 millis" })),
  Layer.provide(SqliteClient.layer({ filename })),
  Layer.provideMerge(clients)
)

if (mode === "run") NodeRuntime.runMain(Effect.provide(run, work))
else NodeRuntime.runMain(Effect.provide(tests, work))
