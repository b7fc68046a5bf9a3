/** What a system is to the core: its name, address, credentials and headers, and how it words its failures. */
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import type { ApiError } from "../errors/ApiError.js"
import type { ErrorBody } from "../errors/ErrorBody.js"
import type { System } from "../errors/RequestFailure.js"
import type { ClientOptions, RequestPolicy } from "../RequestOptions.js"
import type { SlashRule } from "./path.js"

/** What a system is called, and what its users have to know about its address. */
export interface SystemProfile {
  /** In errors, metrics and attributes of spans. */
  readonly name: System
  /** Begins the names of its spans: `Stromboli.Jobs.get`. */
  readonly displayName: string
  /** The option of its layers that holds its address. */
  readonly addressOption: string
  /** Describes a response that is a web page instead of JSON, and what that says about the address. */
  readonly webPage: string
}

export interface Settings {
  readonly system: SystemProfile
  readonly baseUrl: string
  /** What errors and spans show before the path, where the base URL is one of many: `/toolbox/<id>`. */
  readonly shownBase?: string
  readonly slashInPath: SlashRule
  /** Sent with every request. Redacted values are kept out of spans and errors. */
  readonly headers: Readonly<Record<string, string | Redacted.Redacted>>
  readonly credentials: Credentials
  readonly policy: RequestPolicy
  /** Applied once to the `HttpClient`, so it sees requests as they are sent, with their credentials. */
  readonly transformClient?: ClientOptions["transformClient"]
  /** Reads what a failed response says about itself. */
  readonly readErrorBody: (status: number, contentType: string, body: string) => ErrorBody
  /** For the errors of a client that talks to one sandbox. */
  readonly sandboxId?: string
}

export type Token = Option.Option<Redacted.Redacted>

/** The current bearer token, and how to replace it. */
export interface Credentials {
  readonly current: Token | Effect.Effect<Token, ApiError>
  /** Getting a token may take requests; a call waits for them no longer than for its own. */
  readonly mayWait: boolean
  /** Called with a token that the server refused. `None`: there is no better one. */
  readonly renew: (refused: Redacted.Redacted) => Effect.Effect<Token, ApiError>
}

/** A token that never changes, or none. */
export const fixedToken = (token: Token): Credentials => ({
  current: token,
  mayWait: false,
  renew: () => Effect.succeedNone
})
