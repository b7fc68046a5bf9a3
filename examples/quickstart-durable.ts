/**
 * A run of an agent that survives the process that waits for it. A supervisor starts an embedded server and one worker
 * after another, on a database in a file. The first worker is killed while the agent works; the second one delivers the
 * result of the same run.
 *
 *     npm run quickstart:durable
 */
import * as Command from "@effect/platform/Command"
import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import { Claude, EmbeddedStromboli, Script } from "effect-sandboxes/embedded/stromboli"
import { NodeTransport } from "effect-sandboxes/node"
import { Stromboli } from "effect-sandboxes/stromboli"
import { AgentRuns, Engine, RunOutcome } from "effect-sandboxes/workflow"

const key = "haiku of the day"

/** What a service would do: submit the run, which does nothing if it was submitted before, and wait for its result. */
const program = Effect.gen(function* () {
  const runs = yield* AgentRuns
  yield* runs.submit({
    key,
    prompt: "Write a haiku about types",
    polls: { first: "500 millis", most: "1 second" },
    deadline: "10 minutes"
  })
  const running = runs.progress(key).pipe(
    Effect.repeat({ until: ({ state }) => state !== "submitted" && state !== "starting" }),
    Effect.flatMap(({ jobId, state }) => Console.log(`the run is ${state}, as ${jobId}`))
  )
  yield* running
  const outcome = yield* runs.result(key)
  yield* Console.log(`the result is there, of ${outcome.jobId}:\n${yield* RunOutcome.text(outcome)}`)
})

const worker = (url: string, filename: string) =>
  program.pipe(
    Effect.provide(
      Layer.merge(AgentRuns.layer, AgentRuns.layerWorker()).pipe(
        Layer.provide(Engine.layerSingleProcess({ pollInterval: "250 millis" })),
        Layer.provide(SqliteClient.layer({ filename })),
        Layer.provideMerge(Stromboli.layer({ baseUrl: url })),
        Layer.provide(NodeTransport.layer)
      )
    )
  )

const haiku = "Shapes before the run,\nthe compiler reads my mind:\nred, and red, then green."

const supervisor = Effect.gen(function* () {
  const billed = yield* Ref.make(0)
  // An agent that works for three seconds.
  const agent = Claude.layerFrom((input) =>
    Stream.unwrap(
      Ref.update(billed, (count) => count + 1).pipe(
        Effect.zipRight(Effect.sleep("3 seconds")),
        Effect.as(Script.replies(input, haiku))
      )
    )
  )
  const server = yield* Layer.build(EmbeddedStromboli.layerServer().pipe(Layer.provide(agent)))
  const { url } = yield* Effect.provide(EmbeddedStromboli, server)
  const directory = yield* Effect.flatMap(FileSystem.FileSystem, (files) => files.makeTempDirectoryScoped())

  /** Runs a worker, and passes its lines on; it is killed after the first one if it is to die. */
  const work = (name: string, dies: boolean) =>
    Effect.gen(function* () {
      yield* Console.log(`── ${name} starts`)
      const arguments_ = [...process.execArgv, process.argv[1] ?? "", "worker", Option.getOrThrow(url)]
      const child = yield* Command.start(
        Command.make(process.execPath, ...arguments_, `${directory}/runs.sqlite`).pipe(Command.stderr("inherit"))
      )
      const lines = child.stdout.pipe(Stream.decodeText(), Stream.splitLines)
      yield* (dies ? Stream.take(lines, 1) : lines).pipe(
        Stream.runForEach((line) => Console.log(`   ${name}: ${line}`))
      )
      if (!dies) return yield* child.exitCode
      yield* child.kill("SIGKILL")
      yield* Console.log(`── ${name} was killed by SIGKILL, while the agent works`)
      return 0
    }).pipe(Effect.scoped)

  yield* work("worker 1", true)
  const exitCode = yield* work("worker 2", false)
  yield* Console.log(`── worker 2 ended with exit code ${exitCode}; runs that were paid for: ${yield* Ref.get(billed)}`)
}).pipe(Effect.scoped, Effect.provide(NodeContext.layer))

const [role, url = "", filename = ""] = process.argv.slice(2)

if (role === "worker") NodeRuntime.runMain(worker(url, filename))
else NodeRuntime.runMain(supervisor)
