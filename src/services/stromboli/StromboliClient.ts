/** The connection to one Stromboli server, which its services are built on. */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import type { InvalidRequest } from "../../errors/ApiError.js"
import { readStromboliErrorBody } from "../../errors/stromboli/errorBody.js"
import * as ApiClient from "../../internal/ApiClient.js"
import { checkHeaders, checkOptions, parseBaseUrl, userAgentOf } from "../../internal/clientOptions.js"
import { invalidRequest } from "../../internal/failure.js"
import * as PendingReleases from "../../internal/pendingReleases.js"
import { shownAs } from "../../internal/shown.js"
import type { ClientOptions } from "../../RequestOptions.js"
import { isHeaderValue } from "../../schema/headerValue.js"
import * as Credentials from "./auth/credentials.js"

/**
 * The connection to one Stromboli server: address, current credentials, headers, deadlines and retries. The services
 * are built on it; a program rarely needs it itself.
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
  /** Fails with `InvalidRequest`, which names the option, when one is invalid. Sends nothing. */
  static readonly layer = (
    options: StromboliClient.Options
  ): Layer.Layer<StromboliClient, InvalidRequest, HttpClient.HttpClient> => Layer.scoped(this, make(options))
}

export declare namespace StromboliClient {
  interface Options extends ClientOptions {
    /** Scheme, host, port and, behind a proxy, a base path: `http://localhost:8585`. */
    readonly baseUrl: string
    /** An API token of the server, or an access token (JWT). Sent with every request, to this server only. */
    readonly token?: Redacted.Redacted | undefined
    /**
     * Logs in with this client id at the first request, and refreshes the access token shortly before it expires or
     * when the server refuses it. `token` is then sent with the log-in only, for servers that authenticate it.
     */
    readonly clientId?: string | undefined
  }

  interface Service extends ApiClient.ApiClient {
    /** The current credentials, which `Auth` changes. */
    readonly credentials: Credentials.StromboliCredentials
    /** What open scopes and interrupted creations owe; the layer waits for it when it closes. */
    readonly pendingReleases: PendingReleases.PendingReleases
  }
}

const system: ApiClient.SystemProfile = {
  name: "stromboli",
  displayName: "Stromboli",
  addressOption: "baseUrl",
  webPage: "the response is an HTML page where JSON was expected: is `baseUrl` the address of a proxy or a web page?"
}

const at = { system: "stromboli", operation: "Stromboli.layer" } as const

export const make = (
  options: StromboliClient.Options
): Effect.Effect<StromboliClient.Service, InvalidRequest, HttpClient.HttpClient | Scope.Scope> =>
  Effect.gen(function* () {
    yield* checkOptions(at, options, { text: ["baseUrl", "clientId"], redacted: ["token"] })
    const address = yield* Either.mapLeft(parseBaseUrl(options.baseUrl), (problem) =>
      invalidRequest(at, "baseUrl", problem)
    )
    if (!isHeaderValue(options.userAgent ?? "")) {
      return yield* invalidRequest(at, "userAgent", "must be printable ASCII, without line breaks")
    }
    if (options.clientId === "") return yield* invalidRequest(at, "clientId", "must not be empty")
    const headers = {
      accept: "application/json",
      "user-agent": userAgentOf(options.userAgent),
      ...options.headers
    }
    yield* checkHeaders(at, headers)
    const settings = {
      system,
      baseUrl: address,
      headers,
      policy: options,
      transformClient: options.transformClient,
      // The server decodes the whole path before it splits it.
      slashInPath: "refuse",
      readErrorBody: readStromboliErrorBody
    } as const
    const http = yield* Effect.context<HttpClient.HttpClient>()
    // Closes after the register, whose requests may need a new token.
    const scope = yield* Effect.acquireRelease(Scope.make(), Scope.close)
    const pendingReleases = yield* PendingReleases.make(system.displayName, options.shutdownTimeout)
    const credentials = yield* Credentials.make({
      token: Option.fromNullable(options.token),
      clientId: Option.fromNullable(options.clientId),
      client: (other) => Effect.provide(ApiClient.make({ ...settings, credentials: other }), http)
    }).pipe(Scope.extend(scope))
    const client = yield* ApiClient.make({ ...settings, credentials })
    return shownAs<StromboliClient.Service>({ ...client, credentials, pendingReleases }, () => ({
      _id: "StromboliClient",
      baseUrl: address
    }))
  })
