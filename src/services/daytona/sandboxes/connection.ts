/** Connects to existing sandboxes, and builds the services inside them. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { ApiError, Conflict, NotFound } from "../../../errors/ApiError.js"
import type { SandboxFailed, SandboxWaitTimeout } from "../../../errors/daytona/controlPlane.js"
import { shownAs } from "../../../internal/shown.js"
import type { SandboxHandle } from "../../../schema/daytona/Handles.js"
import type { SandboxRef } from "../../../schema/daytona/Identifiers.js"
import { isStarted, type Sandbox } from "../../../schema/daytona/Sandbox.js"
import type { DaytonaClient } from "../DaytonaClient.js"
import * as ComputerUse from "../toolbox/computerUse/ComputerUse.js"
import * as Files from "../toolbox/files/Files.js"
import * as Git from "../toolbox/git/Git.js"
import * as CodeInterpreter from "../toolbox/interpreter/CodeInterpreter.js"
import * as LanguageServer from "../toolbox/languageServer/LanguageServer.js"
import * as Ports from "../toolbox/Ports.js"
import * as Process from "../toolbox/process/Process.js"
import * as Pty from "../toolbox/pty/Pty.js"
import * as ProcessSessions from "../toolbox/sessions/ProcessSessions.js"
import * as Toolbox from "../toolbox/Toolbox.js"
import * as Workspace from "../toolbox/Workspace.js"
import type { SandboxLifecycle } from "./lifecycle.js"
import type { SandboxQueries } from "./queries.js"
import type { WaitOptions } from "./waits.js"

/** The services inside a sandbox. A program that needs some of them does not depend on a particular sandbox. */
export type SandboxServices =
  | CodeInterpreter.CodeInterpreter
  | ComputerUse.ComputerUse
  | Files.Files
  | Git.Git
  | LanguageServer.LanguageServer
  | Ports.Ports
  | Process.Process
  | ProcessSessions.ProcessSessions
  | Pty.Pty
  | Toolbox.Toolbox
  | Workspace.Workspace

/**
 * A sandbox and the services inside it. Its data is a snapshot from when it was fetched. It prints as its id, name and
 * state, and its JSON decodes as its `handle`.
 */
export interface ConnectedSandbox extends Sandbox {
  /** Finds it again from another process: see `Sandboxes.connect`. */
  readonly handle: SandboxHandle
  readonly toolbox: Toolbox.Toolbox.Service
  readonly codeInterpreter: CodeInterpreter.CodeInterpreter.Service
  readonly computerUse: ComputerUse.ComputerUse.Service
  readonly files: Files.Files.Service
  readonly git: Git.Git.Service
  readonly languageServer: LanguageServer.LanguageServer.Service
  readonly ports: Ports.Ports.Service
  readonly process: Process.Process.Service
  readonly processSessions: ProcessSessions.ProcessSessions.Service
  readonly pty: Pty.Pty.Service
  readonly workspace: Workspace.Workspace.Service
}

const services = Effect.all({
  toolbox: Toolbox.Toolbox,
  codeInterpreter: CodeInterpreter.make,
  computerUse: ComputerUse.make,
  files: Files.make,
  git: Git.make,
  languageServer: LanguageServer.make,
  ports: Ports.make,
  process: Process.make,
  processSessions: ProcessSessions.make,
  pty: Pty.make,
  workspace: Workspace.make
})

/** Sends nothing: the address of the toolbox is looked up lazily, unless it is known already. */
export const connected = (client: DaytonaClient.Service, sandbox: Sandbox): Effect.Effect<ConnectedSandbox> =>
  services.pipe(
    Effect.provideService(Toolbox.Toolbox, Toolbox.make(client, sandbox)),
    Effect.map((inside) =>
      shownAs({ ...sandbox, ...inside, handle: { id: sandbox.id, name: sandbox.name } }, ({ id, name, state }) => ({
        _id: "Sandbox",
        id,
        name,
        state
      }))
    )
  )

/** All services over one toolbox. */
export const servicesLayer: Layer.Layer<
  Exclude<SandboxServices, Toolbox.Toolbox>,
  never,
  Toolbox.Toolbox
> = Layer.mergeAll(
  CodeInterpreter.CodeInterpreter.layer,
  ComputerUse.ComputerUse.layer,
  Files.Files.layer,
  Git.Git.layer,
  LanguageServer.LanguageServer.layer,
  Ports.Ports.layer,
  Process.Process.layer,
  ProcessSessions.ProcessSessions.layer,
  Pty.Pty.layer,
  Workspace.Workspace.layer
)

/** Whether to start the sandbox, and how long to wait for it. */
export interface ConnectOptions extends Omit<WaitOptions, "wait"> {
  /**
   * Start the sandbox if it does not run; default `true`. With `false`, requests into the sandbox fail while it does
   * not run.
   */
  readonly start?: boolean | undefined
}

/** The failures of connecting to a sandbox. */
export type ConnectError = ApiError | NotFound | Conflict | SandboxFailed | SandboxWaitTimeout

export interface SandboxConnection {
  /**
   * Connects to an existing sandbox, by its id, its name or a handle from another process. It is kept when the program
   * ends. If it is stopped, archived or paused, starts it and waits until it runs. Fails with `NotFound`, and otherwise
   * as `start`. `GET /sandbox/{sandboxIdOrName}`
   */
  readonly connect: (
    sandbox: SandboxRef | SandboxHandle,
    options?: ConnectOptions
  ) => Effect.Effect<ConnectedSandbox, ConnectError>
}

export const make = (
  client: DaytonaClient.Service,
  { get }: Pick<SandboxQueries, "get">,
  { start: startSandbox }: Pick<SandboxLifecycle, "start">
): SandboxConnection => ({
  connect: (sandbox, { start = true, ...options } = {}) =>
    get(typeof sandbox === "string" ? sandbox : sandbox.id).pipe(
      Effect.flatMap(
        (found): Effect.Effect<Sandbox, ConnectError> =>
          start && !isStarted(found) ? startSandbox(found.id, options) : Effect.succeed(found)
      ),
      Effect.flatMap((running) => connected(client, running))
    )
})
