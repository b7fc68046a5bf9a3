/** Local files as streams, in large pieces, each read or written by one call. */
import { Buffer } from "node:buffer"
import * as FileSystem from "node:fs/promises"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { LocalFileFailed } from "../../errors/daytona/files.js"

/** The size of a piece. More costs memory and gains nothing. */
const pieceLength = 1024 * 1024

const failed = (localPath: string, cause: unknown): LocalFileFailed => {
  const code: unknown = cause instanceof Error ? Reflect.get(cause, "code") : undefined
  return new LocalFileFailed({
    localPath,
    ...(typeof code === "string" ? { causeCode: code } : {}),
    message: `${localPath}: ${cause instanceof Error ? cause.message : "failed"}`
  })
}

/** A call of the operating system for a file. */
export const attempt = <A>(localPath: string, call: () => Promise<A>): Effect.Effect<A, LocalFileFailed> =>
  Effect.tryPromise({ try: call, catch: (cause) => failed(localPath, cause) })

/** Closing waits for pending calls. */
export const open = (
  localPath: string,
  flags: "r" | "wx"
): Effect.Effect<FileSystem.FileHandle, LocalFileFailed, Scope.Scope> =>
  Effect.acquireRelease(
    attempt(localPath, () => FileSystem.open(localPath, flags)),
    (handle) => Effect.promise(() => handle.close().catch(() => undefined))
  )

/** The first `length` bytes of a file, or fewer. */
export const contentOf = (
  localPath: string,
  handle: FileSystem.FileHandle,
  length: number
): Stream.Stream<Uint8Array, LocalFileFailed> =>
  Stream.suspend(() => {
    let offset = 0
    const next = async (): Promise<Uint8Array> => {
      // New memory each time, since the transport may still hold the previous piece. Allocated here and not in an
      // effect around it, where garbage collection would retain pieces for far too long.
      const piece = Buffer.allocUnsafeSlow(Math.min(pieceLength, length - offset))
      const { bytesRead } = await handle.read(piece, 0, piece.length, offset)
      offset += bytesRead
      return bytesRead === piece.length ? piece : piece.subarray(0, bytesRead)
    }
    const toChunk = (piece: Uint8Array) =>
      piece.length === 0 ? Effect.fail(Option.none()) : Effect.succeed(Chunk.of(piece))
    const read = Effect.suspend(() =>
      offset === length
        ? Effect.fail(Option.none())
        : Effect.flatMap(Effect.mapError(attempt(localPath, next), Option.some), toChunk)
    )
    return Stream.repeatEffectChunkOption(read)
  })

/** Writes a stream to a file: one piece is written while the next is received. */
export const writeAll = <E, R>(
  localPath: string,
  handle: FileSystem.FileHandle,
  bytes: Stream.Stream<Uint8Array, E, R>
): Effect.Effect<void, E | LocalFileFailed, R> =>
  Effect.suspend(() => {
    let waiting: Array<Uint8Array> = []
    let size = 0
    let writing: Promise<void> = Promise.resolve()
    const written = Effect.suspend(() => attempt(localPath, () => writing))
    const write = () => {
      const batch = waiting
      waiting = []
      size = 0
      writing = writeBatch(handle, batch)
      // Awaited before the next write, or never, if the download ends first.
      writing.catch(() => undefined)
    }
    const flush = Effect.map(written, write)
    return Stream.runForEachChunk(bytes, (chunk) => {
      for (const part of chunk) {
        if (part.length === 0) continue
        waiting.push(part)
        size += part.length
      }
      return size < pieceLength ? Effect.void : flush
    }).pipe(Effect.zipRight(flush), Effect.zipRight(written))
  })

/** The operating system may write less than it is given. */
const writeBatch = async (handle: FileSystem.FileHandle, batch: ReadonlyArray<Uint8Array>): Promise<void> => {
  let left = batch
  while (left.length > 0) {
    let { bytesWritten } = await handle.writev(left)
    const next = left.findIndex((part) => {
      if (part.length > bytesWritten) return true
      bytesWritten -= part.length
      return false
    })
    const [cut, ...rest] = next === -1 ? [] : left.slice(next)
    left = cut === undefined ? [] : [cut.subarray(bytesWritten), ...rest]
  }
}
