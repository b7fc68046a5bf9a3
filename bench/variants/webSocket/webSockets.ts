import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type Connection, WebSockets } from "effect-sandboxes/daytona"
import { NodeTransport } from "effect-sandboxes/node"
import type { Setting } from "../../harness/Suite.js"
import { batch, inFlight, measureMessages, urlOf } from "./load.js"

/** Messages can be read once, so one reader reads those of all measurements. */
const reader = (connection: Connection, message: Uint8Array, what: "echo" | "receive") => {
  let received = 0
  let sent = 0
  let wanted = 0
  let finished: Deferred.Deferred<void> | undefined
  const reading = Stream.runForEachChunk(connection.messages, ({ length }) => {
    received += length
    if (received >= wanted) return finished === undefined ? Effect.void : Deferred.succeed(finished, undefined)
    if (what === "receive") return Effect.void
    const answers = Math.min(length, wanted - sent)
    sent += answers
    return repeat(connection.send(message), answers)
  })
  const run = (messages: number) =>
    Effect.gen(function* () {
      finished = yield* Deferred.make<void>()
      received = 0
      wanted = messages
      sent = what === "echo" ? inFlight : messages / batch
      yield* repeat(connection.send(message), sent)
      yield* Deferred.await(finished)
    })
  return { reading, run }
}

const repeat = <E>(effect: Effect.Effect<void, E>, times: number) =>
  times === 0 ? Effect.void : Effect.asVoid(Effect.repeatN(effect, times - 1))

export const measure = async ({ server }: Setting, size: number, what: "echo" | "receive") => {
  const runtime = ManagedRuntime.make(NodeTransport.layer)
  const scope = await runtime.runPromise(Scope.make())
  const connection = await runtime.runPromise(
    Effect.flatMap(WebSockets, (opener) =>
      opener.open({ url: urlOf(server, size, what), protocols: [], headers: {} })
    ).pipe(Scope.extend(scope))
  )
  const { reading, run } = reader(connection, new Uint8Array(size).fill(120), what)
  runtime.runFork(reading)
  return measureMessages(size, what, (messages) => runtime.runPromise(run(messages)))
}
