/** The `WebSocket` of the platform: browsers, Deno, Bun, workers, and Node 22 and later. */
import * as Effect from "effect/Effect"
import * as Inbox from "./inbox.js"
import {
  type Connection,
  type Handshake,
  type Message,
  WebSocketClosed,
  WebSocketFailed,
  type WebSocketOpener
} from "./WebSocket.js"

/** These sockets cannot be paused: messages are kept up to these limits, and beyond them the connection is closed. */
const limits: Inbox.Limits = { messages: 4096, bytes: 16 * 1024 * 1024 }

/** How many bytes may be unsent before `send` waits. */
const mayBeUnsent = 1024 * 1024

/** Milliseconds between two looks at what is unsent, for which there is no event. */
const untilNextLook = 10

/** The close code of a slow consumer: clients may send 1000, and codes from 3000 on. */
const slowConsumerCode = 4008

export const opener: WebSocketOpener = {
  sendsHeaders: false,
  open: (handshake) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const socket = yield* create(handshake)
        const listening = new AbortController()
        const inbox = receive(socket, listening)
        const leave = Effect.sync(() => {
          listening.abort()
          inbox.end(new WebSocketClosed({ code: 1000, reason: "" }))
          socket.close(1000)
        })
        yield* Effect.onError(restore(opened(socket)), () => leave)
        yield* Effect.addFinalizer(() => leave)
        const connection: Connection = {
          protocol: socket.protocol,
          messages: Inbox.messagesOf(inbox),
          send: (message) => send(socket, inbox, message)
        }
        return connection
      })
    )
}

const failed = (message: string) => new WebSocketFailed({ cause: new Error(message) })

const create = (handshake: Handshake): Effect.Effect<WebSocket, WebSocketFailed> =>
  typeof globalThis.WebSocket === "undefined"
    ? Effect.fail(failed("This platform has no WebSocket; on Node, provide NodeTransport.layer"))
    : Effect.try({
        try: () => {
          const socket = new globalThis.WebSocket(handshake.url, [...handshake.protocols])
          socket.binaryType = "arraybuffer"
          return socket
        },
        // The error of the platform quotes the URL, whose query may hold a credential.
        catch: () => failed("The platform does not accept this URL or these sub-protocols for a web socket")
      })

/** Listens until the connection ends, or until it is told to stop. */
const receive = (socket: WebSocket, listening: AbortController): Inbox.Inbox => {
  const inbox = Inbox.make(limits)
  const { signal } = listening
  const over = (code: number, reason: string) => {
    listening.abort()
    inbox.end(new WebSocketClosed({ code, reason }))
  }
  const onMessage = ({ data }: MessageEvent<unknown>) => {
    if (inbox.isFull()) {
      over(1008, "slow consumer")
      socket.close(slowConsumerCode, "slow consumer")
    } else if (typeof data === "string") {
      inbox.offer(data)
    } else if (data instanceof ArrayBuffer) {
      inbox.offer(new Uint8Array(data))
    }
  }
  socket.addEventListener("message", onMessage, { signal })
  socket.addEventListener("close", ({ code, reason }) => over(code, reason), { signal })
  return inbox
}

/** Platforms do not report why they failed: a refusal and a lost connection look alike. */
const opened = (socket: WebSocket): Effect.Effect<void, WebSocketFailed> =>
  Effect.async<void, WebSocketFailed>((resume) => {
    const waiting = new AbortController()
    const { signal } = waiting
    const finish = (result: Effect.Effect<void, WebSocketFailed>) => {
      waiting.abort()
      resume(result)
    }
    const refused = Effect.suspend(() => Effect.fail(failed("The platform could not open the web socket")))
    socket.addEventListener("open", () => finish(Effect.void), { signal })
    socket.addEventListener("error", () => finish(refused), { signal })
    socket.addEventListener("close", () => finish(refused), { signal })
    return Effect.sync(() => waiting.abort())
  })

const send = (socket: WebSocket, inbox: Inbox.Inbox, message: Message): Effect.Effect<void, WebSocketClosed> =>
  Effect.suspend(() => {
    if (inbox.hasEnded() || socket.readyState !== socket.OPEN) return Effect.flatMap(inbox.ended, Effect.fail)
    socket.send(typeof message === "string" ? message : message.slice())
    return untilSent(socket, inbox)
  })

const untilSent = (socket: WebSocket, inbox: Inbox.Inbox): Effect.Effect<void, WebSocketClosed> =>
  Effect.suspend(() => {
    if (inbox.hasEnded()) return Effect.flatMap(inbox.ended, Effect.fail)
    return socket.bufferedAmount <= mayBeUnsent ? Effect.void : Effect.zipRight(nextLook, untilSent(socket, inbox))
  })

// A timer of the platform, not the clock of Effect: bytes are sent while a `TestClock` stands still.
const nextLook = Effect.async<void>((resume) => {
  const timer = setTimeout(() => resume(Effect.void), untilNextLook)
  return Effect.sync(() => clearTimeout(timer))
})
