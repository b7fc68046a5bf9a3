/** The runtimes of all sandboxes. */
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Predicate from "effect/Predicate"
import * as Scope from "effect/Scope"
import type { Sandbox } from "../sandbox/Sandbox.js"
import type { MakeSandboxRuntime, RuntimeSandbox, SandboxRuntime } from "./SandboxRuntime.js"

/** The runtimes of sandboxes, from their first start until they are destroyed. */
export interface Runtimes {
  readonly get: (id: string) => SandboxRuntime | undefined
  /** Starts a sandbox's runtime, making it first if there is none. */
  readonly start: (sandbox: Sandbox) => Effect.Effect<void>
  readonly stop: (id: string) => Effect.Effect<void>
  readonly destroy: (id: string) => Effect.Effect<void>
}

/** Initially empty. All runtimes end with the scope. */
export const make = (options: {
  readonly runtime: MakeSandboxRuntime
  readonly generation: RuntimeSandbox["generation"]
}): Effect.Effect<Runtimes, never, Scope.Scope> =>
  Effect.map(Effect.scope, (serverScope) => {
    const active = new Map<string, { readonly runtime: SandboxRuntime; readonly scope: Scope.CloseableScope }>()

    const launch = (sandbox: Sandbox) =>
      Effect.gen(function* () {
        const scope = yield* Scope.fork(serverScope, ExecutionStrategy.sequential)
        const runtime = yield* options
          .runtime({
            id: sandbox.id,
            organizationId: sandbox.organizationId,
            generation: options.generation,
            user: sandbox.user,
            env: texts(sandbox.env),
            labels: texts(sandbox.labels),
            ...(sandbox.entrypoint === null ? {} : { entrypoint: sandbox.entrypoint }),
            cpu: sandbox.cpu,
            memory: sandbox.memory,
            disk: sandbox.disk,
            forkedFrom: sandbox.parentId
          })
          .pipe(Scope.extend(scope))
        active.set(sandbox.id, { runtime, scope })
        return runtime
      })

    return {
      get: (id) => active.get(id)?.runtime,
      start: (sandbox) =>
        Effect.suspend(() => {
          const existing = active.get(sandbox.id)?.runtime
          return existing === undefined ? launch(sandbox) : Effect.succeed(existing)
        }).pipe(
          Effect.flatMap((runtime) => runtime.started),
          Effect.uninterruptible
        ),
      // A stop or removal that is interrupted halfway could not be resumed, so closing the server waits for both.
      stop: (id) => Effect.uninterruptible(Effect.suspend(() => active.get(id)?.runtime.stopped ?? Effect.void)),
      destroy: (id) =>
        Effect.suspend(() => {
          const found = active.get(id)
          active.delete(id)
          return found === undefined ? Effect.void : Scope.close(found.scope, Exit.void)
        }).pipe(Effect.uninterruptible)
    }
  })

/** A process only has texts in its environment; what was sent may be anything. */
const texts = (values: unknown): Readonly<Record<string, string>> =>
  Predicate.isRecord(values)
    ? Object.fromEntries(
        Object.entries(values).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)])
      )
    : {}
