/** Sends the log of a command over a web socket. */
import { type FileHandle, stat } from "node:fs/promises"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { ServerSocket } from "../../../sockets/WebSocketUpgrade.js"
import type { LogFormat } from "./logFormat.js"
import { markerRemover } from "./logMarkers.js"

/** The longest message, in bytes. */
const longestMessage = 1024
const blockSize = 64 * longestMessage

/** The exit code is only looked for after this many reads without new output. */
const emptyReads = 50
const pollInterval = "20 millis"

class ReadFailed extends Data.TaggedError("ReadFailed") {}

/**
 * Sends a log over a web socket from the beginning and, if it is followed, as it grows until the command has its exit
 * code. Then it closes the connection: with 1000, also when the session is deleted, or with 1011 when the file cannot
 * be read.
 */
export const followLog = (
  socket: ServerSocket,
  options: {
    readonly log: FileHandle
    readonly exitCode: string
    readonly follow: boolean
    readonly format: LogFormat
    readonly deleted: Effect.Effect<void>
  }
): Effect.Effect<void> => {
  const remove = options.format === "combined" ? markerRemover() : (piece: Uint8Array | undefined) => piece
  const send = (bytes: Uint8Array | undefined): Effect.Effect<void> =>
    bytes === undefined || bytes.length === 0
      ? Effect.void
      : Effect.zipRight(
          socket.send(bytes.subarray(0, longestMessage)),
          Effect.suspend(() => send(bytes.subarray(longestMessage)))
        )

  const sendAll = Effect.gen(function* () {
    const block = new Uint8Array(blockSize)
    let position = 0
    const sendNew = Effect.gen(function* () {
      let total = 0
      for (;;) {
        const { bytesRead } = yield* Effect.tryPromise({
          try: () => options.log.read(block, 0, blockSize, position),
          catch: () => new ReadFailed()
        })
        if (bytesRead === 0) return total
        position += bytesRead
        total += bytesRead
        yield* send(remove(block.slice(0, bytesRead)))
      }
    })
    for (let empty = 0; options.follow; ) {
      empty = (yield* sendNew) === 0 ? empty + 1 : 0
      if (empty >= emptyReads) {
        if (yield* exists(options.exitCode)) break
        empty = 0
      }
      yield* Effect.sleep(pollInterval)
    }
    yield* sendNew
    yield* send(remove(undefined))
  })

  // Messages from the client have no meaning, but have to be consumed.
  const untilClientLeaves: Effect.Effect<void> = Effect.flatMap(
    socket.receive,
    Option.match({ onNone: () => Effect.void, onSome: () => untilClientLeaves })
  )
  return sendAll.pipe(
    Effect.as(1000),
    Effect.raceFirst(Effect.as(options.deleted, 1000)),
    Effect.raceFirst(Effect.as(untilClientLeaves, 1011)),
    Effect.orElseSucceed(() => 1011),
    Effect.flatMap((code) => socket.close(code))
  )
}

const exists = (path: string) =>
  Effect.promise(() =>
    stat(path).then(
      () => true,
      () => false
    )
  )
