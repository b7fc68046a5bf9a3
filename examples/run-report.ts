/**
 * The page of a conversation, as a file of HTML to look at. Its first argument is the name of the file.
 *
 *     STROMBOLI_URL=http://localhost:8585 npx tsx examples/run-report.ts run.html
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { NodeTransport } from "effect-sandboxes/node"
import { RunReport } from "effect-sandboxes/report"
import { Agents, Stromboli } from "effect-sandboxes/stromboli"

const file = process.argv[2] ?? "run.html"

const program = Effect.gen(function* () {
  const files = yield* FileSystem.FileSystem
  const conversation = yield* (yield* Agents).converse({ claude: { model: "sonnet" } })
  const report = yield* RunReport.make({ title: "Who am I?" })

  for (const prompt of ["My name is Alice.", "What is my name?"]) {
    yield* report.add(RunReport.prompt(prompt))
    yield* conversation.ask(prompt).pipe(report.record, Stream.runDrain)
  }
  yield* files.writeFileString(file, yield* report.html)
  yield* Console.log(`The page of this conversation is in ${file}`)
}).pipe(Effect.scoped)

program.pipe(
  Effect.provide(Stromboli.layerConfig()),
  Effect.provide([NodeTransport.layer, NodeContext.layer]),
  NodeRuntime.runMain
)
