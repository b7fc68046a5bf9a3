/** Writes an uploaded file as it arrives. */
import { constants } from "node:fs"
import { mkdir, open } from "node:fs/promises"
import { dirname } from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Machine } from "../Machine.js"
import type { Refusal } from "../Refusal.js"
import { attemptOr400, badRequest } from "./failures.js"

/** A file that is being written. An aborted upload leaves what was written, and readers see the file grow. */
export interface FileWriter {
  readonly write: (bytes: Uint8Array) => Effect.Effect<void, Refusal>
  /** The bytes written so far. */
  readonly size: () => number
  /** Also runs when the scope closes. */
  readonly close: Effect.Effect<void>
}

// Opening a pipe that has no reader would block one of the few threads of Node's pool; with O_NONBLOCK it fails
// instead.
const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NONBLOCK

/** Opens a file for writing, truncating it, and creates its parent directories with the given mode. */
export const create = (
  machine: Machine,
  path: string,
  directoryMode: number
): Effect.Effect<FileWriter, Refusal, Scope.Scope> =>
  Effect.gen(function* () {
    if (path === "") return yield* badRequest("path is required")
    const absolute = yield* machine.resolve(path)
    yield* attemptOr400(`mkdir ${dirname(path)}`, () =>
      mkdir(dirname(absolute), { recursive: true, mode: directoryMode })
    )
    const handle = yield* attemptOr400(`open ${path}`, () => open(absolute, flags))
    const close = yield* Effect.once(Effect.promise(() => handle.close().catch(() => undefined)))
    yield* Effect.addFinalizer(() => close)
    let size = 0
    return {
      write: (bytes: Uint8Array) =>
        attemptOr400(`write ${path}`, async () => {
          await handle.writeFile(bytes)
          size += bytes.length
        }),
      size: () => size,
      close
    }
  }).pipe(Effect.uninterruptible)
