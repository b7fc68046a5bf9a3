/** Web sockets that answer from a script: for what a client makes of frames, cuts and closes. */
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { type Handshake, type Message, WebSocketClosed, WebSocketFailed } from "../../src/stream/WebSocket.js"
import { WebSockets } from "../../src/stream/WebSockets.js"

/** What a server does next. */
export type Step =
  /** Messages that arrive together. */
  | { readonly messages: ReadonlyArray<Message> }
  | { readonly close: number; readonly reason?: string }
  /** Waits until the client has sent that many messages on this connection. */
  | { readonly sent: number }
  /** Waits for something else. */
  | { readonly until: Effect.Effect<unknown> }

/** One connection; without a `close` it stays open. Or a refused handshake. */
export type SocketScript = ReadonlyArray<Step> | { readonly status: number; readonly body?: string }

/** Text and bytes, one message each. */
export const frames = (...messages: ReadonlyArray<Message>): Step => ({ messages })

export const control = (fields: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({ type: "control", ...fields })

export const lost: Step = { close: 1006 }

/** A script for each connection, in order, the last of them for ever; and what came from the client. */
export const scriptedWebSockets = (...scripts: ReadonlyArray<SocketScript>) => {
  const handshakes: Array<Handshake> = []
  const sent: Array<Array<Message>> = []
  const open = new Set<number>()

  const connection = (index: number, steps: ReadonlyArray<Step>) => {
    const received: Array<Message> = []
    const waiting: Array<{ readonly count: number; readonly done: Deferred.Deferred<void> }> = []
    let closed: WebSocketClosed | undefined
    sent[index] = received
    const messages = Stream.fromIterable(steps).pipe(
      Stream.rechunk(1),
      Stream.mapEffect((step): Effect.Effect<Chunk.Chunk<Message>, WebSocketClosed> => {
        if ("messages" in step) return Effect.succeed(Chunk.fromIterable(step.messages))
        if ("until" in step) return Effect.as(step.until, Chunk.empty())
        if ("sent" in step) {
          return Effect.flatMap(Deferred.make<void>(), (done) => {
            if (received.length >= step.sent) return Effect.succeed(Chunk.empty())
            waiting.push({ count: step.sent, done })
            return Effect.as(Deferred.await(done), Chunk.empty())
          })
        }
        closed = new WebSocketClosed({ code: step.close, reason: step.reason ?? "" })
        open.delete(index)
        return Effect.fail(closed)
      }),
      Stream.flattenChunks,
      Stream.concat(Stream.never)
    )
    return {
      protocol: "",
      messages,
      leave: () => {
        closed ??= new WebSocketClosed({ code: 1000, reason: "" })
        open.delete(index)
      },
      send: (message: Message) =>
        Effect.suspend(() => {
          if (closed !== undefined) return Effect.fail(closed)
          received.push(typeof message === "string" ? message : message.slice())
          return Effect.forEach(
            waiting.filter(({ count }) => received.length >= count),
            ({ done }) => Deferred.succeed(done, undefined),
            { discard: true }
          )
        })
    }
  }

  const layer = Layer.succeed(WebSockets, {
    sendsHeaders: true,
    open: (handshake) =>
      Effect.gen(function* () {
        const index = handshakes.length
        const script = scripts[Math.min(index, scripts.length - 1)] ?? []
        handshakes.push(handshake)
        if ("status" in script) return yield* new WebSocketFailed({ ...script, cause: new Error("refused") })
        open.add(index)
        const { leave, ...made } = connection(index, script)
        yield* Effect.addFinalizer(() => Effect.sync(leave))
        return made
      })
  })

  return {
    layer,
    handshakes,
    /** What the client sent, by connection. */
    sent,
    /** The connections that neither side has closed. */
    open: () => open.size
  }
}
