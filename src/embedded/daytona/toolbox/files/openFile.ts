/** Opens files for reading. */
import { constants, type Stats } from "node:fs"
import { open, stat } from "node:fs/promises"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { ConnectionFault } from "../../../ConnectionFault.js"
import type { Machine } from "../Machine.js"
import { Refusal } from "../Refusal.js"
import { attempt, invalidPath } from "./failures.js"

/** A file that is open for reading until the scope closes. */
export interface OpenFile {
  readonly stats: Stats
  /** A range of the file, read as fast as it is consumed. */
  readonly bytes: (start: number, length: number) => Stream.Stream<Uint8Array, ConnectionFault>
}

/** How much is read at once, in bytes. */
const portion = 256 * 1024

// Opening a pipe that has no writer would block one of the few threads of Node's pool; with O_NONBLOCK it does not.
const opened = (path: string | Buffer) => open(path, constants.O_RDONLY | constants.O_NONBLOCK)

/** The whole content of a file. Fails for anything but a regular file, such as a pipe. */
export const readWhole = async (path: string, encoding: "latin1" | "utf8"): Promise<string> => {
  const handle = await opened(path)
  try {
    const stats = await handle.stat()
    return stats.isFile() || stats.isDirectory()
      ? await handle.readFile(encoding)
      : await Promise.reject(new Error("not a regular file"))
  } finally {
    await handle.close()
  }
}

/** The first bytes of a regular file; none of anything else. */
export const readBeginning = async (path: Buffer, length: number): Promise<Buffer> => {
  const handle = await opened(path)
  try {
    const isFile = (await handle.stat()).isFile()
    const { buffer, bytesRead } = isFile ? await handle.read(Buffer.alloc(length), 0, length) : nothing
    return buffer.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}

const nothing = { buffer: Buffer.alloc(0), bytesRead: 0 }

/** The older daemon waits until something writes into a pipe, and reports a socket in words of its own. */
export const openedByOlderDaemon = (absolute: string, path: string): Effect.Effect<void, Refusal> =>
  Effect.flatMap(
    attempt(`open ${path}`, () => stat(absolute)),
    (stats): Effect.Effect<void, Refusal> => {
      if (stats.isFIFO()) return Effect.never
      if (!stats.isSocket()) return Effect.void
      const message = `open ${path}: no such device or address`
      return new Refusal({ status: 500, message, old: "empty", code: "FILE_READ_FAILED" })
    }
  )

export const openFile = (machine: Machine, path: string): Effect.Effect<OpenFile, Refusal, Scope.Scope> =>
  Effect.gen(function* () {
    if (path === "") return yield* invalidPath("path is required")
    const absolute = yield* machine.resolve(path)
    if (machine.generation === "0.190") yield* openedByOlderDaemon(absolute, path)
    const handle = yield* Effect.acquireRelease(
      attempt(`open ${path}`, () => opened(absolute)),
      (file) => Effect.promise(() => file.close().catch(() => undefined))
    )
    const stats = yield* attempt(`stat ${path}`, () => handle.stat())
    // A character device has no length, so nothing of it is sent.
    if (!stats.isFile() && !stats.isCharacterDevice()) {
      return yield* invalidPath(stats.isDirectory() ? `path is a directory: ${path}` : `not a regular file: ${path}`)
    }
    return {
      stats,
      // A stream of Node's would close the file at its end.
      bytes: (start, length) =>
        Stream.unfoldEffect(start, (position) => {
          const wanted = Math.min(portion, start + length - position)
          if (wanted <= 0) return Effect.succeedNone
          return Effect.tryPromise({
            try: () => handle.read(Buffer.alloc(wanted), 0, wanted, position),
            catch: () => new ConnectionFault({ kind: "reset" })
          }).pipe(
            Effect.map(({ buffer, bytesRead }) =>
              bytesRead === 0
                ? Option.none()
                : Option.some([buffer.subarray(0, bytesRead), position + bytesRead] as const)
            )
          )
        })
    }
  })
