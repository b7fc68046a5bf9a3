/**
 * Streamed output, with a count of its lines. An interrupted stream is a failure, never a short success.
 *
 *     STROMBOLI_URL=http://localhost:8585 npx tsx examples/streaming-with-progress.ts
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { NodeTransport } from "effect-sandboxes/node"
import { Execution, Stromboli } from "effect-sandboxes/stromboli"

const program = Effect.gen(function* () {
  const execution = yield* Execution
  const start = yield* Clock.currentTimeMillis
  yield* Console.log("Claude is writing …\n")

  const lines = yield* execution.stream({ prompt: "Count to 10" }).pipe(
    Stream.filter((event) => event._tag === "Output"),
    Stream.tap(({ line }) => Console.log(line)),
    Stream.runCount
  )

  const seconds = ((yield* Clock.currentTimeMillis) - start) / 1000
  yield* Console.log(`\nDone: ${lines} lines in ${seconds.toFixed(1)} s`)
}).pipe(
  Effect.catchTags({
    RunFailed: (error) => Console.error(`The run failed: ${error.detail}`),
    StreamInterrupted: () => Console.error("The connection was lost; the output above is incomplete.")
  })
)

program.pipe(Effect.provide(Stromboli.layerConfig()), Effect.provide(NodeTransport.layer), NodeRuntime.runMain)
