/** Serves a web socket that is attached to a terminal. */
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import type { ServerSocket } from "../../../sockets/WebSocketUpgrade.js"
import { closeFrameOf, type PtyExit } from "./PtyExit.js"

/** A web socket that is attached to a terminal. */
export interface PtyClient {
  /** Queues output for the client. A client that is too far behind is disconnected instead. */
  readonly output: (bytes: Uint8Array) => void
  /** Reports how the process ended, after all output. */
  readonly exited: (exit: PtyExit) => void
}

/** How many chunks are queued for a client. */
const longestQueue = 256
/** How far the older daemon is behind with its last output: what the process prints just before its end is lost. */
const lag = "20 millis"
/** The longest message to a client, in bytes. */
const longestMessage = 32 * 1024

const control = (message: Readonly<Record<string, unknown>>) => JSON.stringify({ type: "control", ...message })

/** Serves a client until it disconnects, is too slow, or the process has ended. */
export const serve = (
  socket: ServerSocket,
  options: {
    /** Whether to send the message `exited` as well. */
    readonly tellsExit: boolean
    /** Whether the end of the process overtakes the output that is still to be sent, as in the older daemon. */
    readonly losesOutput: boolean
    /** Returns how to detach. */
    readonly attach: (client: PtyClient) => () => void
    /** Runs between attaching and reading the client's first message; its failure is reported to the client. */
    readonly begin: Effect.Effect<void, { readonly message: string }>
    readonly input: (message: string | Uint8Array) => Effect.Effect<void>
  }
): Effect.Effect<void> =>
  Effect.gen(function* () {
    const queue = yield* Mailbox.make<Uint8Array>({ capacity: longestQueue, strategy: "dropping" })
    const exit = yield* Deferred.make<PtyExit>()
    const tooSlow = yield* Deferred.make<void>()
    const client: PtyClient = {
      output: (bytes) => {
        if (!queue.unsafeOffer(bytes)) Deferred.unsafeDone(tooSlow, Effect.void)
      },
      exited: (how) => {
        Deferred.unsafeDone(exit, Effect.succeed(how))
        queue.unsafeDone(Exit.void)
      }
    }

    const sendAll = (chunks: ReadonlyArray<Uint8Array>) =>
      Effect.forEach(messages(chunks), socket.send, { discard: true })
    const sendQueued: Effect.Effect<void> = Effect.flatMap(queue.takeAll, ([chunks, done]) =>
      Effect.zipRight(sendAll(Chunk.toReadonlyArray(chunks)), done ? Effect.void : sendQueued)
    )
    // Holds back the last chunk until the next one is there, so that a lot of output is not slowed down.
    const sendLagging = (held: ReadonlyArray<Uint8Array>): Effect.Effect<void> =>
      Effect.flatMap(
        held.length === 0 ? Effect.asSome(queue.takeAll) : Effect.timeoutOption(queue.takeAll, lag),
        (taken) => {
          if (Option.isNone(taken)) return Effect.zipRight(sendAll(held), sendLagging([]))
          const [chunks, done] = taken.value
          const all = [...held, ...chunks]
          if (done) return Effect.zipRight(Effect.sleep(lag), sendAll(all))
          return Effect.zipRight(sendAll(all.slice(0, -1)), sendLagging(all.slice(-1)))
        }
      )
    const tellExit = Effect.flatMap(Deferred.await(exit), (how) =>
      Effect.zipRight(
        options.tellsExit ? socket.send(control({ status: "exited", ...how })) : Effect.void,
        socket.close(closeFrameOf(how).code, closeFrameOf(how).reason)
      )
    )
    const takeInput: Effect.Effect<void> = Effect.flatMap(
      socket.receive,
      Option.match({
        onNone: () => Effect.void,
        onSome: (message) => Effect.zipRight(options.input(message), takeInput)
      })
    )
    yield* Effect.acquireUseRelease(
      Effect.sync(() => options.attach(client)),
      () =>
        Effect.gen(function* () {
          yield* options.begin
          yield* socket.send(control({ status: "connected" }))
          const served = options.losesOutput
            ? Effect.raceFirst(Effect.zipRight(sendLagging([]), Effect.never), tellExit)
            : Effect.zipRight(sendQueued, tellExit)
          yield* served.pipe(
            Effect.raceFirst(Effect.zipRight(Deferred.await(tooSlow), socket.close(1008, "slow consumer"))),
            Effect.raceFirst(takeInput)
          )
        }),
      (detach) => Effect.sync(detach)
    ).pipe(Effect.catchAll(({ message }) => refuse(socket, message)))
  })

/** Reports that the client cannot be attached, and ends the connection without a close frame. */
export const refuse = (socket: ServerSocket, problem: string): Effect.Effect<void> =>
  Effect.zipRight(
    socket.send(control({ status: "error", error: `Failed to connect to PTY session: ${problem}` })),
    socket.terminate
  )

/** Joins small chunks and splits large ones. */
const messages = (chunks: ReadonlyArray<Uint8Array>): ReadonlyArray<Uint8Array> => {
  const all = Buffer.concat(chunks)
  return Array.from({ length: Math.ceil(all.length / longestMessage) }, (_, index) =>
    all.subarray(index * longestMessage, (index + 1) * longestMessage)
  )
}
