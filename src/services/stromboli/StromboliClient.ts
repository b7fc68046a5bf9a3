/**
 * The connection to one Stromboli server: its address, the credentials of the moment, headers, deadlines and repeats. The
 * services are built on it; a program rarely needs it itself.
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type { InvalidRequest } from "../../errors/ApiError.js"
import { readStromboliErrorBody } from "../../errors/stromboli/errorBody.js"
import * as ApiClient from "../../internal/ApiClient.js"
import * as baseUrl from "../../internal/baseUrl.js"
import { invalidRequest } from "../../internal/failure.js"
import * as headers from "../../internal/headers.js"
import type { RequestPolicy } from "../../RequestOptions.js"
import { isHeaderValue } from "../../schema/headerValue.js"
import { sdkVersion } from "../../version.js"
import * as Credentials from "./auth/credentials.js"

/**
 * The connection to one Stromboli server: its address, the credentials of the moment, headers, deadlines and repeats.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Compatibility, StromboliClient } from "effect-sandboxes/stromboli"
 *
 * const program = Effect.gen(function* () {
 *   return yield* Compatibility.requireServer
 * })
 * ```
 */
export class StromboliClient extends Context.Tag("effect-sandboxes/stromboli/StromboliClient")<
  StromboliClient,
  StromboliClient.Service
>() {
  /** Fails with `InvalidRequest`, naming the option, when one of them cannot work. Sends nothing. */
  static readonly layer = (
    options: StromboliClient.Options
  ): Layer.Layer<StromboliClient, InvalidRequest, HttpClient.HttpClient> => Layer.scoped(this, make(options))
}

export declare namespace StromboliClient {
  interface Options extends RequestPolicy {
    /** Scheme, host, port and, behind a proxy, a base path: `http://localhost:8585`. */
    readonly baseUrl: string
    /** An API token of the server, or an access token (JWT). Sent with every request, to this server only. */
    readonly token?: Redacted.Redacted | undefined
    /**
     * Log in with this client id at the first request, refresh the access token shortly before it expires and once when the
     * server refuses it. Where the server wants authentication for the log-in too, `token` is used for that.
     */
    readonly clientId?: string | undefined
    /** Further headers, for example for a proxy. Redacted values are kept out of spans, logs and errors. */
    readonly headers?: Readonly<Record<string, string | Redacted.Redacted>> | undefined
    /** Put before the SDK's own name in `User-Agent`. */
    readonly userAgent?: string | undefined
  }

  interface Service extends ApiClient.ApiClient {
    /** The credentials of the moment, which `Auth` changes. */
    readonly credentials: Credentials.StromboliCredentials
  }
}

const optionsOf = { system: "stromboli", operation: "Stromboli.layer" } as const

export const make = (
  options: StromboliClient.Options
): Effect.Effect<StromboliClient.Service, InvalidRequest, HttpClient.HttpClient | Scope.Scope> =>
  Effect.gen(function* () {
    const address = yield* Either.mapLeft(baseUrl.parse(options.baseUrl), (problem) =>
      invalidRequest(optionsOf, "baseUrl", problem)
    )
    if (!isHeaderValue(options.userAgent ?? "")) {
      return yield* invalidRequest(optionsOf, "userAgent", "must be printable ASCII, without line breaks")
    }
    if (options.clientId === "") return yield* invalidRequest(optionsOf, "clientId", "must not be empty")
    const userAgent = `${options.userAgent === undefined ? "" : `${options.userAgent} `}effect-sandboxes/${sdkVersion}`
    const sent = { accept: "application/json", "user-agent": userAgent, ...options.headers }
    yield* headers.check(optionsOf, sent)
    const settings = {
      system: "stromboli",
      baseUrl: address,
      headers: sent,
      policy: options,
      // The server decodes the whole path before it splits it.
      slashInPath: "refuse",
      readErrorBody: readStromboliErrorBody
    } as const
    const http = yield* Effect.context<HttpClient.HttpClient>()
    const credentials = yield* Credentials.make({
      token: Option.fromNullable(options.token),
      clientId: Option.fromNullable(options.clientId),
      client: (other) => Effect.provide(ApiClient.make({ ...settings, credentials: other }), http)
    })
    const client = yield* ApiClient.make({ ...settings, credentials })
    return { ...client, credentials }
  })
