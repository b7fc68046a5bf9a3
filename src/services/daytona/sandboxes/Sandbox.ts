/** One sandbox: its data, and a layer of the services inside it. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { invalidRequest } from "../../../internal/failure.js"
import { onDemand } from "../../../internal/onDemand.js"
import { type CreateSandbox, languageLabel } from "../../../schema/daytona/CreateSandbox.js"
import type { SandboxHandle } from "../../../schema/daytona/Handles.js"
import type { SandboxRef } from "../../../schema/daytona/Identifiers.js"
import * as lazyToolbox from "../toolbox/lazyToolbox.js"
import { Toolbox } from "../toolbox/Toolbox.js"
import { type ConnectError, type ConnectOptions, type SandboxServices, servicesLayer } from "./connection.js"
import type { CreateError } from "./creation.js"
import { Sandboxes } from "./Sandboxes.js"
import type { WaitOptions } from "./waits.js"

export * from "../../../schema/daytona/Sandbox.js"
/** The `CommandExecutor` of `@effect/platform`, in the sandbox. */
export { layerCommandExecutor } from "../toolbox/platform/layerCommandExecutor.js"
/** The `FileSystem` of `@effect/platform`, in the sandbox. */
export { layerFileSystem } from "../toolbox/platform/layerFileSystem.js"
export type { ConnectError, ConnectedSandbox, ConnectOptions, SandboxServices } from "./connection.js"
export { servicesLayer } from "./connection.js"

/**
 * A new sandbox, and the services inside it. The sandbox is created when the layer is built, as with
 * `Sandboxes.scoped`, and deleted when the layer is released, whatever the outcome. A program that needs `Files` and
 * `Process` does not depend on where they run.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { Files, Process, Sandbox } from "effect-sandboxes/daytona"
 *
 * const program = Effect.gen(function* () {
 *   const files = yield* Files
 *   const process = yield* Process
 *   yield* files.writeText("hello.py", "print('hello')")
 *   return (yield* process.execute("python3 hello.py")).stdout
 * })
 *
 * const inSandbox = program.pipe(Effect.provide(Sandbox.layer({ image: "python:3.12" })))
 * ```
 */
export const layer = <R = never>(
  sandbox?: CreateSandbox<R>,
  options?: WaitOptions
): Layer.Layer<SandboxServices, CreateError, Sandboxes | NoInfer<R>> =>
  Layer.provideMerge(
    servicesLayer,
    Layer.scoped(
      Toolbox,
      Effect.flatMap(Sandboxes, (sandboxes) => Effect.map(sandboxes.scoped(sandbox, options), ({ toolbox }) => toolbox))
    )
  )

const closed = (): CreateError =>
  invalidRequest(
    { system: "daytona", operation: "Sandbox.layerLazy" },
    "sandbox",
    "was deleted with its layer; use the services of `Sandbox.layerLazy` while the layer is in scope"
  )

/**
 * As `layer`, but the sandbox is created by the first request into it. Nothing is sent before, and nothing at all if
 * there is none. First requests at the same time share one sandbox; one that is interrupted does not disturb the
 * others, and a creation that nobody waits for any more is undone.
 *
 * If the creation fails, so do the requests that waited for it, with `Unavailable`, whose `cause` is the failure, and
 * `admitted: "no"`; an invalid option is `InvalidRequest`. The next request creates again. Deadlines of requests begin
 * when there is a sandbox; the creation has its own, `timeout` in `options`.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { Process, Sandbox } from "effect-sandboxes/daytona"
 *
 * const check = (code: string) =>
 *   Effect.gen(function* () {
 *     if (code === "") return "nothing to run"
 *     const process = yield* Process
 *     return (yield* process.codeRun(code)).output
 *   }).pipe(Effect.provide(Sandbox.layerLazy({ language: "python" })))
 * ```
 */
export const layerLazy = <R = never>(
  sandbox?: CreateSandbox<R>,
  options?: WaitOptions
): Layer.Layer<SandboxServices, never, Sandboxes | NoInfer<R>> =>
  Layer.provideMerge(
    servicesLayer,
    Layer.scoped(
      Toolbox,
      Effect.flatMap(Sandboxes, (sandboxes) =>
        Effect.flatMap(
          onDemand(
            Effect.map(sandboxes.scoped(sandbox, options), ({ toolbox }) => toolbox),
            closed
          ),
          (created) => lazyToolbox.make(created, sandbox?.language ?? sandbox?.labels?.[languageLabel])
        )
      )
    )
  )

/**
 * An existing sandbox, by id, name or handle, and the services inside it. The sandbox is started if necessary, as with
 * `Sandboxes.connect`, and kept when the layer is released.
 */
export const connect = (
  sandbox: SandboxRef | SandboxHandle,
  options?: ConnectOptions
): Layer.Layer<SandboxServices, ConnectError, Sandboxes> =>
  Layer.provideMerge(
    servicesLayer,
    Layer.effect(
      Toolbox,
      Effect.flatMap(Sandboxes, (sandboxes) =>
        Effect.map(sandboxes.connect(sandbox, options), ({ toolbox }) => toolbox)
      )
    )
  )
