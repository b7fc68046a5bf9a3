/** Reads and writes named pipes without blocking. */
import { closeSync, constants, openSync, writeSync } from "node:fs"
import { Socket } from "node:net"
import * as NodeStream from "@effect/platform-node/NodeStream"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

/** A named pipe could not be opened or written to, with the system's error code, such as `ENOENT`. */
export class PipeFailed extends Data.TaggedError("PipeFailed")<{
  readonly doing: "open" | "write"
  readonly code: string
}> {}

const failed = (doing: PipeFailed["doing"]) => (problem: unknown) =>
  new PipeFailed({
    doing,
    code: problem instanceof Error && "code" in problem && typeof problem.code === "string" ? problem.code : "EIO"
  })

// Opening a pipe whose other end is closed would block one of the few threads of Node's pool; with O_NONBLOCK it does
// not.
const open = (path: string, flags: number) =>
  Effect.try({ try: () => openSync(path, flags | constants.O_NONBLOCK), catch: failed("open") })

/**
 * Keeps a named pipe open at both ends until the scope closes or the returned effect is run. Meanwhile opening it does
 * not block, readers see no end, and writers no broken pipe.
 */
export const hold = (path: string): Effect.Effect<Effect.Effect<void>, PipeFailed, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.map(open(path, constants.O_RDWR), (descriptor) => {
        let isOpen = true
        return Effect.sync(() => {
          if (isOpen) {
            isOpen = false
            closeSync(descriptor)
          }
        })
      }),
      (release) => release
    ),
    (release) => release
  )

/**
 * The content of a named pipe until all of its writers have closed it. Opens it immediately and reads it as it is
 * consumed.
 */
export const read = (path: string): Effect.Effect<Stream.Stream<Uint8Array>, PipeFailed, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.map(
        open(path, constants.O_RDONLY),
        (descriptor) => new Socket({ fd: descriptor, readable: true, writable: false })
      ),
      (socket) => Effect.sync(() => socket.destroy())
    ),
    (socket) =>
      NodeStream.fromReadable<PipeFailed, Uint8Array>(
        () => socket,
        () => new PipeFailed({ doing: "open", code: "EIO" })
      ).pipe(Stream.catchAll(() => Stream.empty))
  )

const pollInterval = "20 millis"

/** Writes to a named pipe, waiting for a reader and for space. Fails if the pipe does not exist or is removed. */
export const write = (path: string, bytes: Uint8Array): Effect.Effect<void, PipeFailed> =>
  Effect.acquireUseRelease(
    open(path, constants.O_WRONLY),
    (descriptor) => writeAll(descriptor, bytes),
    (descriptor) => Effect.sync(() => closeSync(descriptor))
  ).pipe(
    Effect.catchIf(
      ({ code }) => code === "ENXIO",
      () => Effect.zipRight(Effect.sleep(pollInterval), write(path, bytes))
    )
  )

const writeAll = (descriptor: number, bytes: Uint8Array): Effect.Effect<void, PipeFailed> =>
  Effect.try({ try: () => writeSync(descriptor, bytes), catch: failed("write") }).pipe(
    Effect.flatMap((written) =>
      written === bytes.length ? Effect.void : writeAll(descriptor, bytes.subarray(written))
    ),
    Effect.catchIf(
      ({ code }) => code === "EAGAIN",
      () => Effect.zipRight(Effect.sleep(pollInterval), writeAll(descriptor, bytes))
    )
  )
