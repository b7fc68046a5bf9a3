/** The machine of a sandbox on this computer. */
import { mkdir } from "node:fs/promises"
import { join, resolve } from "node:path"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { RuntimeSandbox } from "../runtime/SandboxRuntime.js"
import type { Machine } from "./Machine.js"
import { isBelow } from "./machine/confinement.js"
import * as hostEnvironment from "./machine/hostEnvironment.js"
import * as processes from "./machine/processes.js"
import { Refusal } from "./Refusal.js"

/** Configures a machine. */
export interface LocalMachineOptions {
  readonly sandbox: RuntimeSandbox
  readonly generation: Machine["generation"]
  readonly version: string
  /** The machine's directory, by its real path. */
  readonly root: string
  readonly paths: "sandbox" | "anywhere"
}

/** The machine's directories could not be created. */
export class MachineFailed extends Data.TaggedError("MachineFailed") {}

/**
 * A machine that consists of a directory and real processes of the current user. When the scope closes, its cleanups
 * run and all of its processes are killed. The directory remains.
 */
export const start = (options: LocalMachineOptions): Effect.Effect<Machine, MachineFailed, Scope.Scope> =>
  Effect.gen(function* () {
    const { generation, paths, root, sandbox, version } = options
    const home = join(root, homeOf(sandbox.user))
    const temporary = join(root, "tmp")
    yield* Effect.tryPromise({
      try: () => Promise.all([home, temporary].map((path) => mkdir(path, { recursive: true }))),
      catch: () => new MachineFailed()
    })
    const shellPath = yield* hostEnvironment.shell
    const running = processes.make(sandbox.id)
    const cleanups = new Set<Effect.Effect<void>>()
    let isOn = true
    yield* Effect.addFinalizer(() =>
      Effect.suspend(() => {
        isOn = false
        return Effect.forEach([...cleanups], Effect.ignoreLogged, { discard: true })
      }).pipe(Effect.zipRight(running.kill))
    )
    let environment: Readonly<Record<string, string>> = {
      ...(yield* hostEnvironment.variables),
      HOME: home,
      USER: sandbox.user,
      SHELL: shellPath,
      TMPDIR: temporary,
      PWD: home,
      ...sandbox.env,
      DAYTONA_SANDBOX_ID: sandbox.id
    }
    return {
      sandboxId: sandbox.id,
      generation,
      version,
      root,
      home,
      workDir: home,
      shell: shellPath,
      environment: () => environment,
      changeEnvironment: (change) => {
        environment = { ...change(environment), DAYTONA_SANDBOX_ID: sandbox.id }
        return environment
      },
      resolve: (path, old = "empty") => {
        const absolute = resolve(home, path)
        // Otherwise a pending request could create the directory again after it was removed with the sandbox.
        if (!isOn) return Effect.fail(switchedOff)
        // The system refuses it, too, but looking for its real parent would take time without end.
        if (absolute.length > longestPath) return Effect.fail(tooLong(old))
        return paths === "anywhere"
          ? Effect.succeed(absolute)
          : Effect.promise(() => isBelow(root, absolute)).pipe(
              Effect.flatMap((stays) => (stays ? Effect.succeed(absolute) : outside(path, old)))
            )
      },
      adopt: running.adopt,
      processIds: running.ids,
      onStop: (cleanup) => {
        cleanups.add(cleanup)
        return () => {
          cleanups.delete(cleanup)
        }
      }
    }
  })

// The client chooses the user name, which must not lead out of the directory.
const homeOf = (user: string): string => {
  const isName = /^[A-Za-z_][\w.-]*$/.test(user)
  return user === "root" ? "root" : join("home", isName ? user : "daytona")
}

/** In bytes on Linux, and so at least in characters. */
const longestPath = 4096

const tooLong = (old: Refusal["old"]) => new Refusal({ status: 400, message: "file name too long", old })

const switchedOff = new Refusal({ status: 502, message: "the sandbox was stopped", old: "empty" })

const outside = (path: string, old: Refusal["old"]) =>
  new Refusal({
    status: 403,
    message: `path is outside of the sandbox's directory: ${path}`,
    old,
    code: "FILE_ACCESS_DENIED"
  })
