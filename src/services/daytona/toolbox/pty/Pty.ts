/** Terminals in a sandbox: interactive shells, for people and for programs that insist on one. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { ApiError, Conflict, Gone, NotFound } from "../../../../errors/ApiError.js"
import type { PtyId, PtySession, PtySize } from "../../../../schema/daytona/toolbox/Pty.js"
import { Toolbox } from "../Toolbox.js"
import type { AttachError } from "./attachment.js"
import * as PtyLifecycle from "./lifecycle.js"
import { operations } from "./operations.js"
import * as TerminalPersistent from "./persistentTerminal.js"
import * as Terminal from "./terminal.js"

/**
 * Terminals in a sandbox: interactive shells, for people and for programs that insist on one.
 *
 * @example
 * ```ts
 * import { Effect, Stream } from "effect"
 * import { Pty } from "effect-sandboxes/daytona"
 *
 * const program = Effect.gen(function* () {
 *   const pty = yield* Pty
 *   const terminal = yield* pty.scoped({ size: { columns: 120, rows: 40 } })
 *   yield* terminal.send("ls --color; exit\\n")
 *   yield* Stream.runDrain(terminal.output)
 *   return yield* terminal.exit
 * }).pipe(Effect.scoped)
 * ```
 */
export class Pty extends Context.Tag("effect-sandboxes/daytona/Pty")<Pty, Pty.Service>() {
  /** The service on top of the connection to one sandbox. Building it sends nothing. */
  static readonly layer: Layer.Layer<Pty, never, Toolbox> = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

export declare namespace Pty {
  /**
   * A terminal is a shell that lives until it exits, is killed, or the sandbox stops; connections come and go. Every connection gets
   * all output from its beginning on, and nothing from before: the daemon keeps none.
   */
  interface Service {
    /**
     * A terminal of one's own: made, attached to, and killed when the scope closes.
     *
     * Fails with `Conflict` when there is one of that name, with `PtyNotStarted` when its shell cannot be started, most often since
     * `cwd` is no directory, and with `InvalidRequest` for sizes and names that cannot be.
     *
     * @example
     * ```ts
     * import * as Effect from "effect/Effect"
     * import * as Stream from "effect/Stream"
     * import { Pty } from "effect-sandboxes/daytona"
     *
     * const installed = Effect.gen(function* () {
     *   const pty = yield* Pty
     *   const terminal = yield* pty.scoped({ size: { columns: 120, rows: 40 } })
     *   yield* terminal.send("npm create vite@latest app\nexit\n")
     *   yield* Stream.runForEach(terminal.outputText, (text) => Effect.sync(() => process.stdout.write(text)))
     *   return yield* terminal.exit
     * }).pipe(Effect.scoped)
     * ```
     */
    readonly scoped: (options?: CreateOptions) => Effect.Effect<Terminal.Terminal, AttachError | Conflict, Scope.Scope>
    /** As `create`; the terminal is killed when the scope closes, also when it does so meanwhile. */
    readonly createScoped: (options?: CreateOptions) => Effect.Effect<PtyId, ApiError | Conflict, Scope.Scope>
    /**
     * Makes a terminal and returns its id. Its shell starts when somebody is attached for the first time, so that nothing it
     * prints is lost. Fails with `Conflict` when there is one of that name. `POST /process/pty`
     */
    readonly create: (options?: CreateOptions) => Effect.Effect<PtyId, ApiError | Conflict>
    /**
     * Attaches to a terminal until the scope closes; its shell goes on then. Several may be attached at the same time, and see the
     * same. Fails with `NotFound` when there is no such terminal, which is also when its shell has ended.
     * `GET /process/pty/{sessionId}/connect`, a web socket
     */
    readonly attach: (id: PtyId) => Effect.Effect<Terminal.Terminal, AttachError, Scope.Scope>
    /**
     * As `attach`, and attaches again whenever the connection is lost. What is printed until then is lost, which its output says:
     * with an event `Reattached`.
     */
    readonly attachPersistently: (
      id: PtyId,
      options?: TerminalPersistent.PersistentOptions
    ) => Effect.Effect<TerminalPersistent.PersistentTerminal, AttachError, Scope.Scope>
    /** The terminals that have not ended, in no particular order. `GET /process/pty` */
    readonly list: Effect.Effect<ReadonlyArray<PtySession>, ApiError>
    /** One terminal. Fails with `NotFound`, which is also when its shell has ended. `GET /process/pty/{sessionId}` */
    readonly get: (id: PtyId) => Effect.Effect<PtySession, ApiError | NotFound>
    /**
     * Changes the size of a terminal. Fails with `Gone` when there is no such terminal or its shell has ended, and with
     * `ServerError` when nobody has been attached yet. `POST /process/pty/{sessionId}/resize`
     */
    readonly resize: (id: PtyId, size: PtySize) => Effect.Effect<PtySession, ApiError | NotFound | Gone>
    /**
     * Kills the shell and all in it. Fails with `NotFound` when it has ended already. `DELETE /process/pty/{sessionId}`
     */
    readonly kill: (id: PtyId) => Effect.Effect<void, ApiError | NotFound | Gone>
  }

  /** How a terminal begins. */
  type CreateOptions = PtyLifecycle.CreateOptions
}

export const make: Effect.Effect<Pty.Service, never, Toolbox> = Effect.map(Toolbox, (toolbox) => {
  const { create, kill, killIfThere, scoped } = PtyLifecycle.make(toolbox)

  const resize: Pty.Service["resize"] = (id, { columns, rows }) =>
    toolbox.call(operations.resize, { path: { sessionId: id }, body: { columns, rows } })

  const controlsOf = (id: PtyId): Terminal.TerminalControls => ({
    id,
    resize: (size) => resize(id, size),
    kill: killIfThere(id)
  })

  const attach: Pty.Service["attach"] = (id) => Terminal.attach(toolbox, controlsOf(id))

  return Pty.of({
    scoped: (options = {}) => Effect.flatMap(scoped(options), attach),
    createScoped: (options = {}) => scoped(options),
    create: (options = {}) => create(options),
    attach,
    attachPersistently: (id, options = {}) => TerminalPersistent.attachPersistently(toolbox, controlsOf(id), options),
    list: Effect.map(toolbox.call(operations.list), ({ sessions }) => sessions),
    get: (id) => toolbox.call(operations.get, { path: { sessionId: id } }),
    resize,
    kill
  })
})
