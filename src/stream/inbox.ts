/** The messages of a web socket that were received and not yet read. */
import * as Channel from "effect/Channel"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import * as Stream from "effect/Stream"
import type { Message, WebSocketClosed } from "./WebSocket.js"

export interface Limits {
  readonly messages: number
  readonly bytes: number
}

/** A queue for one reader. It accepts messages beyond its limits: the writer checks whether it is full. */
export interface Inbox {
  /** Ignored after the end. */
  readonly offer: (message: Message) => void
  /** A limit is reached, and the inbox has not ended. */
  readonly isFull: () => boolean
  /** Calls back once, when the inbox is not full; the returned function cancels that. */
  readonly whenRoom: (callback: () => void) => () => void
  /** Messages in it stay readable. The first of several ends counts. */
  readonly end: (reason: WebSocketClosed) => void
  /** Completes at the end, with its reason. */
  readonly ended: Effect.Effect<WebSocketClosed>
  /** Whether `end` was called. */
  readonly hasEnded: () => boolean
  /** All messages; waits for the first. Fails with the end when all have been read. */
  readonly take: Effect.Effect<Chunk.Chunk<Message>, WebSocketClosed>
  /** The oldest message. */
  readonly takeOne: Effect.Effect<Message, WebSocketClosed>
}

// In characters for text: this is about memory.
const sizeOf = (message: Message): number => message.length

export const make = (limits: Limits): Inbox => {
  let messages: Array<Message> = []
  let bytes = 0
  let end: WebSocketClosed | undefined
  const ended = Deferred.unsafeMake<WebSocketClosed>(FiberId.none)
  const forRoom = new Set<() => void>()
  let onArrival: (() => void) | undefined

  const isFull = () => end === undefined && (messages.length >= limits.messages || bytes >= limits.bytes)

  const tellOfRoom = () => {
    if (forRoom.size === 0 || isFull()) return
    const callbacks = [...forRoom]
    forRoom.clear()
    for (const callback of callbacks) callback()
  }

  const tellReader = () => {
    const tell = onArrival
    onArrival = undefined
    tell?.()
  }

  // Messages are removed when the reader runs, not when it is resumed, so an interrupted reader loses nothing.
  const read = <A>(remove: () => A): Effect.Effect<A, WebSocketClosed> =>
    Effect.suspend(() => {
      if (messages.length > 0) {
        const taken = remove()
        tellOfRoom()
        return Effect.succeed(taken)
      }
      if (end !== undefined) return Effect.fail(end)
      // Needs no cleanup: resuming an interrupted reader has no effect.
      return Effect.async<A, WebSocketClosed>((resume) => {
        onArrival = () => resume(read(remove))
      })
    })

  return {
    offer: (message) => {
      if (end !== undefined) return
      messages.push(message)
      bytes += sizeOf(message)
      tellReader()
    },
    isFull,
    whenRoom: (callback) => {
      forRoom.add(callback)
      tellOfRoom()
      return () => {
        forRoom.delete(callback)
      }
    },
    end: (reason) => {
      if (end !== undefined) return
      end = reason
      Deferred.unsafeDone(ended, Effect.succeed(reason))
      tellReader()
      tellOfRoom()
    },
    ended: Deferred.await(ended),
    hasEnded: () => end !== undefined,
    take: read(() => {
      const all = Chunk.unsafeFromArray(messages)
      messages = []
      bytes = 0
      return all
    }),
    takeOne: read(() => {
      const first = messages.shift() ?? ""
      bytes -= sizeOf(first)
      return first
    })
  }
}

/** All messages of an inbox, in chunks of those available. Fails with the end. */
export const messagesOf = ({ take }: Inbox): Stream.Stream<Message, WebSocketClosed> => {
  const all: Channel.Channel<
    Chunk.Chunk<Message>,
    unknown,
    WebSocketClosed,
    unknown,
    unknown,
    unknown
  > = Channel.flatMap(Channel.fromEffect(take), (messages) => Channel.flatMap(Channel.write(messages), () => all))
  return Stream.fromChannel(all)
}
