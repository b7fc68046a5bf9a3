import type * as HttpApp from "@effect/platform/HttpApp"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { ConnectionFault } from "../../ConnectionFault.js"
import { HttpError } from "../http/HttpError.js"
import * as incoming from "../http/IncomingRequest.js"
import * as responses from "../http/responses.js"

/** What a runtime learns about the sandbox that it is to bring to life. */
export interface RuntimeSandbox {
  readonly id: string
  readonly organizationId: string
  /** The wire generation of the server. */
  readonly generation: "current" | "0.190"
  readonly user: string
  readonly env: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
  readonly cpu: number
  /** GiB. */
  readonly memory: number
  /** GiB. */
  readonly disk: number
  /** The sandbox whose file system and processes it starts from, if it was forked. */
  readonly forkedFrom: string | undefined
}

/**
 * What runs inside one sandbox: the place where a toolbox goes. It is made when the sandbox first starts and its scope closes
 * when the sandbox is destroyed, so files may live as long as it does; processes are to end with `stopped`.
 */
export interface SandboxRuntime {
  /**
   * Answers requests to the toolbox. The request's URL is the path below `toolboxProxyUrl/<sandbox id>`, so it begins with
   * `/process/execute` and the like. Only a started sandbox is asked; access has been checked.
   */
  readonly toolbox: HttpApp.Default<ConnectionFault, Scope.Scope>
  /**
   * The path template of the endpoint that a request is for (`/process/session/{sessionId}`), by its method and its path below
   * the toolbox, so that faults can be meant for it. Only a started sandbox is asked.
   */
  readonly template?: (method: string, path: string) => Effect.Effect<string | undefined>
  /** Runs each time the sandbox has started, also after a pause. */
  readonly started: Effect.Effect<void>
  /** Runs each time it has stopped or paused. When a running sandbox is deleted, only its scope closes. */
  readonly stopped: Effect.Effect<void>
}

/** Brings a sandbox to life; what it acquires goes away with the sandbox. */
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

/** A sandbox with nothing in it: whatever its toolbox is asked, it answers 501. */
export const emptyRuntime: MakeSandboxRuntime = () => Effect.succeed(nothingInside)
