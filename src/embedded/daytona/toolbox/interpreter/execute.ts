/** Serves an execution of the code interpreter over a web socket. */
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { ServerSocket } from "../../../sockets/WebSocketUpgrade.js"
import type { Machine } from "../Machine.js"
import type { InterpreterContext, RunEnd } from "./InterpreterContext.js"
import type { RunMessage } from "./RunMessage.js"

/** In seconds. */
const defaultTimeout = 600
/** How many messages are queued for a client. */
const longestQueue = 1024

const Request = Schema.parseJson(
  Schema.Struct({
    code: Schema.optionalWith(Schema.String, { nullable: true, default: () => "" }),
    contextId: Schema.optionalWith(Schema.String, { nullable: true }),
    timeout: Schema.optionalWith(Schema.Int, { nullable: true, default: () => defaultTimeout }),
    envs: Schema.optionalWith(Schema.Record({ key: Schema.String, value: Schema.String }), {
      nullable: true,
      default: () => ({})
    })
  })
)

const decode = Schema.decodeUnknownEither(Request)

/** Finds a context, or fails with the close frame to send. */
type Find = (id: string | undefined) => Effect.Effect<InterpreterContext, RunEnd>

const refusal = (code: number, reason: string): RunEnd => ({ code, reason })

/** How many messages in a row the older daemon delivers before it drops even a client that reads at once. */
const longestBurst = 4096

/** Serves one execution: the client's first message is the request, and the connection closes when the run ends. */
export const serve = (socket: ServerSocket, find: Find, generation: Machine["generation"]): Effect.Effect<void> =>
  Effect.gen(function* () {
    const first = yield* socket.receive
    if (Option.isNone(first)) return yield* Effect.fail(refusal(1002, "failed to read first message"))
    const text = typeof first.value === "string" ? first.value : new TextDecoder().decode(first.value)
    const { code, contextId, envs, timeout } = yield* Either.mapLeft(decode(text), () =>
      refusal(1002, "invalid JSON payload")
    )
    if (code === "") return yield* Effect.fail(refusal(1008, "code is required"))
    if (timeout < 0) return yield* Effect.fail(refusal(1008, "timeout must be greater than or equal to 0"))
    const context = yield* find(contextId)

    const queue = yield* Mailbox.make<RunMessage>({ capacity: longestQueue, strategy: "dropping" })
    const tooSlow = yield* Deferred.make<void>()
    const dropped = yield* Deferred.make<void>()
    let burst = { messages: 0, last: 0 }
    const ended = yield* context.run({ code, envs, timeout }, (message) => {
      const now = performance.now()
      burst = { messages: now - burst.last > 1000 ? 1 : burst.messages + 1, last: now }
      if (generation === "0.190" && burst.messages > longestBurst) Deferred.unsafeDone(dropped, Effect.void)
      else if (!queue.unsafeOffer(message)) Deferred.unsafeDone(tooSlow, Effect.void)
    })
    // The close frame follows all messages.
    yield* Effect.zipRight(
      ended,
      Effect.sync(() => queue.unsafeDone(Exit.void))
    ).pipe(Effect.interruptible, Effect.forkScoped)
    const sendQueued: Effect.Effect<void> = Effect.flatMap(queue.takeAll, ([messages, done]) =>
      Effect.zipRight(
        Effect.forEach(Chunk.toReadonlyArray(messages), (message) => socket.send(JSON.stringify(message)), {
          discard: true
        }),
        done ? Effect.void : sendQueued
      )
    )
    const dropping = Effect.zipRight(Deferred.await(dropped), Effect.as(socket.terminate, refusal(1006, "")))
    return yield* Effect.zipRight(sendQueued, ended).pipe(
      Effect.raceFirst(dropping),
      Effect.raceFirst(Effect.as(Deferred.await(tooSlow), refusal(1008, "slow consumer"))),
      Effect.raceFirst(socket.closed)
    )
  }).pipe(
    Effect.merge,
    Effect.flatMap(({ code, reason }) => (code === 1006 ? Effect.void : socket.close(code, reason))),
    Effect.scoped
  )
