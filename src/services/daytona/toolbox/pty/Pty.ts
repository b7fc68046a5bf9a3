/** Terminals in a sandbox: interactive shells, for people and for programs that require a terminal. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { ApiError, Conflict, Gone, InvalidRequest, NotFound } from "../../../../errors/ApiError.js"
import { invalidRequest } from "../../../../internal/failure.js"
import type { TerminalHandle } from "../../../../schema/daytona/Handles.js"
import type { PtyId, PtySession, PtySize } from "../../../../schema/daytona/toolbox/Pty.js"
import type * as Event from "../../../../schema/daytona/toolbox/TerminalEvent.js"
import { Toolbox } from "../Toolbox.js"
import { checked } from "./arguments.js"
import type * as Attachment from "./attachment.js"
import * as PtyLifecycle from "./lifecycle.js"
import { operations } from "./operations.js"
import * as Persistent from "./persistentTerminal.js"
import * as PtyTerminal from "./terminal.js"

/**
 * Terminals in a sandbox: interactive shells, for people and for programs that require a terminal.
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
   * A terminal is a shell that runs until it exits, is killed, or the sandbox stops, independently of its connections.
   * A connection receives the output from its beginning on: the daemon keeps no earlier output.
   */
  interface Service {
    /**
     * Creates a terminal and attaches to it. It is killed when the scope closes.
     *
     * Fails with `Conflict` when the name is taken, with `PtyNotStarted` when the shell cannot be started, most often
     * because `cwd` is not a directory, and with `InvalidRequest` for an invalid size or name.
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
    readonly scoped: (options?: CreateOptions) => Effect.Effect<Terminal, AttachError | Conflict, Scope.Scope>
    /** Like `create`; the terminal is killed when the scope closes, also when it closes during the creation. */
    readonly createScoped: (options?: CreateOptions) => Effect.Effect<PtyId, ApiError | Conflict, Scope.Scope>
    /**
     * Creates a terminal and returns its id. Its shell starts with the first attachment, so that no output is lost.
     * Fails with `Conflict` when the name is taken. `POST /process/pty`
     */
    readonly create: (options?: CreateOptions) => Effect.Effect<PtyId, ApiError | Conflict>
    /**
     * Attaches to a terminal, by its id or a handle from another process, until the scope closes; the shell keeps
     * running. Several connections may be attached at the same time, and all receive the same output. Fails with
     * `NotFound` when the terminal does not exist, or its shell has ended, and with `InvalidRequest` for a handle of
     * another sandbox. `GET /process/pty/{sessionId}/connect`, a web socket
     */
    readonly attach: (terminal: PtyId | TerminalHandle) => Effect.Effect<Terminal, AttachError, Scope.Scope>
    /**
     * Like `attach`, but reattaches whenever the connection is lost. Output from in between is lost; the event
     * `Reattached` marks where.
     */
    readonly attachPersistently: (
      terminal: PtyId | TerminalHandle,
      options?: ReattachOptions
    ) => Effect.Effect<PersistentTerminal, AttachError, Scope.Scope>
    /** The terminals whose shells have not ended, in no particular order. `GET /process/pty` */
    readonly list: Effect.Effect<ReadonlyArray<PtySession>, ApiError>
    /**
     * One terminal. Fails with `NotFound` when it does not exist, or its shell has ended.
     * `GET /process/pty/{sessionId}`
     */
    readonly get: (id: PtyId) => Effect.Effect<PtySession, ApiError | NotFound>
    /**
     * Resizes a terminal. Fails with `Gone` when it does not exist or its shell has ended, and with `ServerError`
     * before the first attachment. `POST /process/pty/{sessionId}/resize`
     */
    readonly resize: (id: PtyId, size: PtySize) => Effect.Effect<PtySession, ApiError | NotFound | Gone>
    /**
     * Kills the shell and what runs below it; what has left the terminal (`setsid`, a daemon) survives. Fails with
     * `NotFound` when it has ended already.
     * `DELETE /process/pty/{sessionId}`
     */
    readonly kill: (id: PtyId) => Effect.Effect<void, ApiError | NotFound | Gone>
  }

  /** How a terminal is created. */
  type CreateOptions = PtyLifecycle.CreateOptions
  /** When to reattach. */
  type ReattachOptions = Persistent.ReattachOptions
  /** What attaching can fail with. */
  type AttachError = Attachment.AttachError
  /** What every attached terminal has. */
  interface TerminalControls extends PtyTerminal.TerminalControls {}
  /** A terminal with one connection. */
  interface Terminal extends PtyTerminal.Terminal {}
  /** A terminal that outlives its connections. */
  interface PersistentTerminal extends Persistent.PersistentTerminal {}
  /** How a persistent terminal can fail. */
  type PersistentTerminalError = Persistent.PersistentTerminalError
  /** An event of a terminal that reattaches. */
  type TerminalEvent = Event.TerminalEvent
}

export const make: Effect.Effect<Pty.Service, never, Toolbox> = Effect.map(Toolbox, (toolbox) => {
  const { create, kill, killIfThere, scoped } = PtyLifecycle.make(toolbox)

  const resize: Pty.Service["resize"] = (id, { columns, rows }) =>
    toolbox.call(operations.resize, { path: { sessionId: id }, body: { columns, rows } })

  const controlsOf = (id: PtyId): Pty.TerminalControls => ({
    id,
    get handle() {
      return { sandboxId: toolbox.sandboxId, id }
    },
    resize: (size) => methods.resize(id, size),
    kill: killIfThere(id)
  })

  /** The id, unless the terminal is in another sandbox. */
  const idOf = (operation: string, terminal: PtyId | TerminalHandle): Effect.Effect<PtyId, InvalidRequest> => {
    if (typeof terminal === "string") return Effect.succeed(terminal)
    return terminal.sandboxId === toolbox.sandboxId
      ? Effect.succeed(terminal.id)
      : invalidRequest(
          { system: "daytona", operation },
          "terminal.sandboxId",
          `must be that of this sandbox, ${toolbox.sandboxId}: connect to ${terminal.sandboxId} first`
        )
  }

  const attach: Pty.Service["attach"] = (terminal) =>
    Effect.flatMap(idOf("Pty.attach", terminal), (id) => PtyTerminal.attach(toolbox, controlsOf(id)))

  const methods = checked<Pty.Service>({
    scoped: (options = {}) => Effect.flatMap(scoped(options), attach),
    createScoped: (options = {}) => scoped(options),
    create: (options = {}) => create(options),
    attach,
    attachPersistently: (terminal, options = {}) =>
      Effect.flatMap(idOf("Pty.attachPersistently", terminal), (id) =>
        Persistent.attachPersistently(toolbox, controlsOf(id), options)
      ),
    list: Effect.map(toolbox.call(operations.list), ({ sessions }) => sessions),
    get: (id) => toolbox.call(operations.get, { path: { sessionId: id } }),
    resize,
    kill
  })
  return methods
})
