/**
 * A chat in the terminal. Claude remembers the conversation, which is deleted on exit.
 *
 *     STROMBOLI_URL=http://localhost:8585 npx tsx examples/chat.ts
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeStream from "@effect/platform-node/NodeStream"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { NodeTransport } from "effect-sandboxes/node"
import { Session, Stromboli } from "effect-sandboxes/stromboli"

const input = NodeStream.stdin.pipe(
  Stream.decodeText(),
  Stream.splitLines,
  Stream.takeWhile((line) => line !== "quit")
)

const program = Effect.gen(function* () {
  const session = yield* Session.make({ destroyOnClose: true })
  yield* Console.log("Chat with Claude (type `quit` to exit)")
  yield* input.pipe(
    Stream.runForEach((prompt) =>
      session.run({ prompt }).pipe(
        Effect.flatMap((run) => Console.log(`Claude: ${run.output}`)),
        // A failed turn does not end the chat.
        Effect.catchAll((error) => Console.error(`${error.code}: ${error.message}`))
      )
    )
  )
}).pipe(Effect.scoped)

program.pipe(Effect.provide(Stromboli.layerConfig()), Effect.provide(NodeTransport.layer), NodeRuntime.runMain)
