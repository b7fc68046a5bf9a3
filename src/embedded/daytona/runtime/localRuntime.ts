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

/** How sandboxes on this computer are set up; everything is optional. */
export interface LocalRuntimeOptions {
  /** Where each sandbox gets a directory of its own, which goes away with it. Default the computer's temporary directory. */
  readonly directory?: string
  /**
   * `sandbox`, the default: what names a path outside of the sandbox's directory, also by way of a symbolic link, is refused
   * with 403, which the real daemon never does. `anywhere`: files are this computer's, as far as this user may touch them.
   * Neither confines what a command does.
   */
  readonly paths?: "sandbox" | "anywhere"
  /** The generation of the daemon. Default the server's. */
  readonly generation?: Machine["generation"]
  /** What `GET /version` reports. Default `v0.218.0`; `v0.190.0` for generation `0.190`. */
  readonly version?: string
  /** Makes the desktop of each sandbox, such as `simulatedDesktop()`. Default none: computer use answers 503. */
  readonly desktop?: ComputerUseOptions["desktop"]
}

interface Running {
  readonly daemon: daemon.Daemon
  readonly scope: Scope.CloseableScope
}

/**
 * Sandboxes on this computer: each is a directory, and real processes of the user who runs this program. They see each other
 * and everything else that the user sees; this is for development and tests, not for code that nobody trusts.
 *
 * Nothing happens until a toolbox is asked for something. Then the sandbox gets a directory with a home in it, in which
 * commands run with `PATH`, language and time zone of this program, the sandbox's own variables, and nothing else of its
 * environment. Stopping kills the processes and keeps the files; deleting removes both; a fork starts with a copy of the files.
 * With the server everything ends: but should this program be killed with SIGKILL, what it started is left behind.
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
        running = { daemon: yield* Scope.extend(daemon.make(machine, { desktop: options.desktop }), scope), scope }
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

      // It waits for one that is being started, which would be left behind, and its directory with it.
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
        // A daemon that does not run is what the proxy answers 502 to.
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
