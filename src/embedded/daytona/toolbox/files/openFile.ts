import { constants, type Stats } from "node:fs"
import { open } from "node:fs/promises"
import * as NodeStream from "@effect/platform-node/NodeStream"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { ConnectionFault } from "../../../ConnectionFault.js"
import type { Machine } from "../Machine.js"
import type { Refusal } from "../Refusal.js"
import { attempt, invalidPath } from "./failures.js"

/** A file that is open for reading, until the scope closes. */
export interface OpenFile {
  readonly stats: Stats
  /** So many bytes from some place on, read as fast as they are taken. */
  readonly bytes: (start: number, length: number) => Stream.Stream<Uint8Array, ConnectionFault>
}

/** How much is read at once, in bytes. */
const portion = 256 * 1024

export const openFile = (machine: Machine, path: string): Effect.Effect<OpenFile, Refusal, Scope.Scope> =>
  Effect.gen(function* () {
    if (path === "") {
      return yield* invalidPath("path is required")
    }
    const absolute = yield* machine.resolve(path)
    const handle = yield* Effect.acquireRelease(
      // A pipe that nobody writes to would block, so it is opened without waiting and then refused.
      attempt(`open ${path}`, () => open(absolute, constants.O_RDONLY | constants.O_NONBLOCK)),
      (opened) => Effect.promise(() => opened.close().catch(() => undefined))
    )
    const stats = yield* attempt(`stat ${path}`, () => handle.stat())
    if (!stats.isFile()) {
      return yield* invalidPath(stats.isDirectory() ? `path is a directory: ${path}` : `not a regular file: ${path}`)
    }
    return {
      stats,
      bytes: (start, length) =>
        length === 0
          ? Stream.empty
          : NodeStream.fromReadable<ConnectionFault, Uint8Array>(
              () =>
                handle.createReadStream({ start, end: start + length - 1, highWaterMark: portion, autoClose: false }),
              () => new ConnectionFault({ kind: "reset" })
            )
    }
  })
