/**
 * Sessions stored on the server: list them, read one, delete it.
 *
 *     STROMBOLI_URL=http://localhost:8585 npx tsx examples/sessions.ts
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { NodeTransport } from "effect-sandboxes/node"
import { Message, Session, Sessions, Stromboli } from "effect-sandboxes/stromboli"

const program = Effect.gen(function* () {
  const sessions = yield* Sessions

  const session = yield* Session.make()
  yield* session.run({ prompt: "My name is Alice and I'm working on a TypeScript project." })
  const run = yield* session.run({ prompt: "What is my name?" })
  yield* Console.log(run.output)

  for (const { id, title } of yield* sessions.list) yield* Console.log(`${id}  ${title ?? ""}`)

  yield* sessions
    .conversation(session.id)
    .pipe(Stream.runForEach((message) => Console.log(`[${message.type}] ${Message.textOf(message)}`)))

  const page = yield* sessions.messages(session.id, { offset: 0, limit: 1 })
  yield* Console.log(`${page.messages.length} of ${page.total} records${page.hasMore ? ", there are more" : ""}`)

  yield* sessions.destroy(session.id)
  yield* sessions.messages(session.id).pipe(
    Effect.zipRight(Console.log("still there?")),
    Effect.catchTag("NotFound", () => Console.log("Session destroyed"))
  )
}).pipe(Effect.scoped)

program.pipe(Effect.provide(Stromboli.layerConfig()), Effect.provide(NodeTransport.layer), NodeRuntime.runMain)
