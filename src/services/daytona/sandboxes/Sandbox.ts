/** One sandbox: its data, and a layer of the services inside it. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { CreateSandbox } from "../../../schema/daytona/CreateSandbox.js"
import type { SandboxRef } from "../../../schema/daytona/Identifiers.js"
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

/**
 * An existing sandbox, by id or name, and the services inside it. The sandbox is started if necessary, as with
 * `Sandboxes.connect`, and kept when the layer is released.
 */
export const connect = (
  sandbox: SandboxRef,
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
