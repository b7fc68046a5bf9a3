/** Sandboxes on this computer: a directory and real processes for each. */
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { ComputerUseOptions } from "../toolbox/computerUse/routes.js"
import * as refused from "../toolbox/daemon/daemonResponses.js"
import * as daemon from "../toolbox/daemon.js"
import * as localMachine from "../toolbox/localMachine.js"
import type { Machine } from "../toolbox/Machine.js"
import type { MakeSandboxRuntime } from "./SandboxRuntime.js"
import * as sandboxDirectory from "./sandboxDirectory.js"

/** Configures sandboxes on this computer. All options are optional. */
export interface LocalRuntimeOptions {
  /** Where each sandbox gets a directory, which is removed with it. Default: the computer's temporary directory. */
  readonly directory?: string
  /**
   * `sandbox`, the default: a path outside the sandbox's directory, including through a symbolic link, is refused with
   * 403, which the real daemon never does. `anywhere`: all files that the current user may access. Neither confines
   * what a command does.
   */
  readonly paths?: "sandbox" | "anywhere"
  /** The generation of the daemon. Default: the server's. */
  readonly generation?: Machine["generation"]
  /** What `GET /version` reports. Default `v0.218.0`; `v0.190.0` for generation `0.190`. */
  readonly version?: string
  /** Makes the desktop of each sandbox, such as `simulatedDesktop()`. Default none: computer use responds 503. */
  readonly desktop?: ComputerUseOptions["desktop"]
}

interface Running {
  readonly daemon: daemon.Daemon
  readonly scope: Scope.CloseableScope
}

/**
 * Sandboxes on this computer: each is a directory, with real processes of the current user. They can access each other
 * and everything else that the user can. Use it for development and tests, not for untrusted code.
 *
 * Nothing is created until the first request to a toolbox. Then the sandbox gets a directory with a home in it, in
 * which commands run with this program's `PATH`, language and time zone, the sandbox's own variables, and nothing else
 * of this program's environment. Stopping kills the processes and keeps the files; deleting removes both; a fork starts
 * with a copy of the files. Everything ends with the server, and also when this program ends in any other way: a shell
 * that waits for its end then kills the processes and removes the directories within a moment. If that shell is killed,
 * too, the next program that uses the same `directory` does it. On systems without `/proc`, such as macOS, only the
 * directories are removed then.
 */
export const localRuntime = (options: LocalRuntimeOptions = {}): MakeSandboxRuntime => {
  const directories = sandboxDirectory.make(options.directory)

  return (sandbox) =>
    Effect.gen(function* () {
      const directory = yield* directories.of(sandbox)
      const generation = options.generation ?? sandbox.generation
      const mutex = yield* Effect.makeSemaphore(1)
      let running: Running | undefined
      let isGone = false

      const start = Effect.gen(function* () {
        const scope = yield* Scope.make(ExecutionStrategy.sequential)
        const machine = yield* Effect.flatMap(directory, (root) =>
          localMachine.start({
            sandbox,
            generation,
            version: options.version ?? (generation === "current" ? "v0.218.0" : "v0.190.0"),
            root,
            paths: options.paths ?? "sandbox"
          })
        ).pipe(
          Scope.extend(scope),
          Effect.tapError(() => Scope.close(scope, Exit.void))
        )
        const { desktop } = options
        const made = yield* Scope.extend(daemon.make(machine, { desktop, entrypoint: sandbox.entrypoint }), scope)
        running = { daemon: made, scope }
        return running.daemon
      })

      const current = mutex.withPermits(1)(
        Effect.uninterruptible(
          Effect.suspend(() => {
            if (isGone) return new localMachine.MachineFailed()
            return running === undefined ? start : Effect.succeed(running.daemon)
          })
        )
      )

      const stop = mutex.withPermits(1)(
        Effect.suspend(() => {
          const ending = running
          running = undefined
          return ending === undefined ? Effect.void : Scope.close(ending.scope, Exit.void)
        })
      )

      // Waits for a machine that is being started, which would otherwise be left behind with its directory.
      yield* Effect.addFinalizer(() =>
        Effect.zipRight(
          mutex.withPermits(1)(
            Effect.sync(() => {
              isGone = true
            })
          ),
          stop
        )
      )

      return {
        // The proxy responds 502 when the daemon does not run.
        toolbox: Effect.flatMap(current, ({ app }) => app).pipe(
          Effect.catchTag("MachineFailed", () => Effect.succeed(refused.empty(502)))
        ),
        template: (method, path) =>
          Effect.map(current, ({ template }) => template(method, path)).pipe(Effect.orElseSucceed(() => undefined)),
        started: Effect.void,
        stopped: stop
      }
    })
}
