/** What a system is to the request core: its address, credentials, headers and the way it words its failures. */
import type * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import type { ApiError } from "../errors/ApiError.js"
import type { RequestPolicy } from "../RequestOptions.js"
import type { AttemptSettings } from "./attempt.js"
import type { Target } from "./buildRequest.js"

export interface Settings extends Target, AttemptSettings {
  readonly policy: RequestPolicy
  /** For the errors of a client that talks to one sandbox. */
  readonly sandboxId?: string
  /** What web sockets need besides headers: sub-protocols, and a query where the transport sends no headers. */
  readonly sockets?: SocketSettings
}

export interface SocketSettings {
  /** Offered in every handshake, before what an operation offers itself. */
  readonly protocols: ReadonlyArray<string>
  /** What takes the place of the credentials where handshakes carry no headers. */
  readonly query: Effect.Effect<Readonly<Record<string, Redacted.Redacted>>, ApiError>
}
