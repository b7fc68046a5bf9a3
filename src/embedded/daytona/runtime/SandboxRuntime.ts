/** What runs inside a sandbox, as an interface: a local machine, or nothing. */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { ConnectionFault } from "../../ConnectionFault.js"
import { HttpError } from "../http/HttpError.js"
import * as incoming from "../http/IncomingRequest.js"
import * as responses from "../http/responses.js"

/** What a runtime is told about its sandbox. */
export interface RuntimeSandbox {
  readonly id: string
  readonly organizationId: string
  /** The wire generation of the server. */
  readonly generation: "current" | "0.190"
  readonly user: string
  readonly env: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
  /** What its snapshot runs when it starts. Absent: nothing but the daemon. */
  readonly entrypoint?: ReadonlyArray<string>
  readonly cpu: number
  /** GiB. */
  readonly memory: number
  /** GiB. */
  readonly disk: number
  /** The sandbox that it was forked from, whose file system and processes it starts with. */
  readonly forkedFrom: string | undefined
}

/**
 * What runs inside one sandbox, serving its toolbox. It is made when the sandbox first starts, and its scope closes
 * when the sandbox is destroyed; so files may live that long, while processes have to end with `stopped`.
 */
export interface SandboxRuntime {
  /**
   * Handles requests to the toolbox. The request's URL is the path below `toolboxProxyUrl/<sandbox id>`, such as
   * `/process/execute`. It only receives requests while the sandbox is started, after access was checked.
   */
  readonly toolbox: HttpApp.Default<ConnectionFault, Scope.Scope>
  /**
   * The path template of the endpoint for a method and a path below the toolbox, such as
   * `/process/session/{sessionId}`, so that faults can be injected by template. Only called while the sandbox is
   * started.
   */
  readonly template?: (method: string, path: string) => Effect.Effect<string | undefined>
  /** Runs each time the sandbox has started, including after a pause. */
  readonly started: Effect.Effect<void>
  /** Runs each time it has stopped or paused. When a running sandbox is deleted, only its scope closes. */
  readonly stopped: Effect.Effect<void>
}

/** Makes the runtime of a sandbox; its resources are released with the sandbox. */
export type MakeSandboxRuntime = (sandbox: RuntimeSandbox) => Effect.Effect<SandboxRuntime, never, Scope.Scope>

const nothingInside: SandboxRuntime = {
  toolbox: Effect.gen(function* () {
    const { method, url } = yield* incoming.read
    const now = yield* Clock.currentTimeMillis
    const refusal = new HttpError({ status: 501, message: "nothing runs inside the sandboxes of this embedded server" })
    return responses.proxyError(refusal, { method, url, now })
  }),
  started: Effect.void,
  stopped: Effect.void
}

/** Runs nothing: every request to a toolbox receives 501. */
export const emptyRuntime: MakeSandboxRuntime = () => Effect.succeed(nothingInside)
