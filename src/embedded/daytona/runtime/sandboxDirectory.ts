/** Creates, copies and removes the directories of sandboxes. */
import { randomUUID } from "node:crypto"
import { cp, lstat, mkdir, realpath, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { MachineFailed } from "../toolbox/localMachine.js"
import * as guard from "./guard.js"
import type { RuntimeSandbox } from "./SandboxRuntime.js"

/** The directories of sandboxes. */
export interface SandboxDirectories {
  /**
   * The directory of a sandbox, by its real path. It is created on first use and removed with the scope. That of a fork
   * is created immediately, while the original still has the files to copy.
   */
  readonly of: (sandbox: RuntimeSandbox) => Effect.Effect<Effect.Effect<string, MachineFailed>, never, Scope.Scope>
}

export const make = (parent: string = tmpdir()): SandboxDirectories => {
  const directories = new Map<string, string>()

  const create = async (id: string, original: string | undefined): Promise<string> => {
    await mkdir(parent, { recursive: true })
    const real = await realpath(parent)
    guard.watch(real)
    const directory = join(real, `${guard.prefix}${randomUUID().slice(0, 8)}`)
    directories.set(id, directory)
    // First, so that no directory is ever without one.
    await writeFile(guard.lockOf(directory), guard.lock(id), { flag: "wx", mode: 0o600 })
    await mkdir(directory, { mode: 0o700 })
    if (original !== undefined) {
      await cp(original, directory, {
        recursive: true,
        verbatimSymlinks: true,
        preserveTimestamps: true,
        filter: isCopied
      })
    }
    return directory
  }

  const remove = async (id: string): Promise<void> => {
    const directory = directories.get(id)
    directories.delete(id)
    if (directory !== undefined) {
      await rm(directory, { recursive: true, force: true, maxRetries: 3 })
      await rm(guard.lockOf(directory), { force: true })
    }
  }

  return {
    of: ({ forkedFrom, id }) =>
      Effect.gen(function* () {
        yield* Effect.addFinalizer(() => Effect.ignore(Effect.tryPromise(() => remove(id))))
        const original = forkedFrom === undefined ? undefined : directories.get(forkedFrom)
        const directory = yield* Effect.cached(
          Effect.tryPromise({ try: () => create(id, original), catch: () => new MachineFailed() })
        )
        if (original !== undefined) yield* Effect.ignore(directory)
        // The result is run by the first who needs the directory.
        // @effect-diagnostics-next-line returnEffectInGen:off
        return directory
      })
  }
}

// Pipes and sockets belong to processes, which are not copied.
const isCopied = async (path: string): Promise<boolean> => {
  const entry = await lstat(path)
  return entry.isFile() || entry.isDirectory() || entry.isSymbolicLink()
}
