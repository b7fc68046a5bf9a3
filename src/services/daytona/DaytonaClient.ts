/**
 * The connection to Daytona: its address, credentials, headers, deadlines and repeats. The services are built on it; a
 * program rarely needs it itself.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type { InvalidRequest } from "../../errors/ApiError.js"
import { readDaytonaErrorBody } from "../../errors/daytona/errorBody.js"
import * as ApiClient from "../../internal/ApiClient.js"
import * as baseUrl from "../../internal/baseUrl.js"
import { invalidRequest } from "../../internal/failure.js"
import * as headers from "../../internal/headers.js"
import type { RequestPolicy } from "../../RequestOptions.js"
import { isHeaderValue, isToken } from "../../schema/headerValue.js"
import { WebSockets } from "../../stream/WebSockets.js"
import { sdkVersion } from "../../version.js"
import { isTrusted } from "./trustedHosts.js"

/**
 * The connection to Daytona: its address, credentials, headers, deadlines and repeats.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { DaytonaClient } from "effect-sandboxes/daytona"
 *
 * const program = Effect.gen(function* () {
 *   const { apiUrl, target } = yield* DaytonaClient
 *   return { apiUrl, target }
 * })
 * ```
 */
export class DaytonaClient extends Context.Tag("effect-sandboxes/daytona/DaytonaClient")<
  DaytonaClient,
  DaytonaClient.Service
>() {
  /** Fails with `InvalidRequest`, naming the option, when one of them cannot work. Sends nothing. */
  static readonly layer = (
    options: DaytonaClient.Options
  ): Layer.Layer<DaytonaClient, InvalidRequest, HttpClient.HttpClient> => Layer.effect(this, make(options))
}

export declare namespace DaytonaClient {
  interface Options extends RequestPolicy {
    /** An API key. It belongs to one organization, and wins over `jwtToken` when both are given. */
    readonly apiKey?: Redacted.Redacted | undefined
    /** An access token (JWT) of a user, who may be in several organizations: `organizationId` says for which one. */
    readonly jwtToken?: Redacted.Redacted | undefined
    /** Must be given with `jwtToken`; with `apiKey` it is not sent, since the key knows. */
    readonly organizationId?: string | undefined
    /** Default: `https://app.daytona.io/api`. */
    readonly apiUrl?: string | undefined
    /** The region that new sandboxes and snapshots go to; default: the organization's own. */
    readonly target?: string | undefined
    /**
     * Hosts beside that of `apiUrl` that may see the credentials when the server sends us there, for build logs and for the
     * toolbox: `proxy.example.com`, or `*.example.com` for all below. Needed for a region with a proxy of its own. Hosts
     * below that of `apiUrl`, and for the cloud those of `daytona.io`, are trusted already.
     */
    readonly trustedHosts?: ReadonlyArray<string> | undefined
    /** Further headers, for example for a proxy. Redacted values are kept out of spans, logs and errors. */
    readonly headers?: Readonly<Record<string, string | Redacted.Redacted>> | undefined
    /** Put before the SDK's own name in `User-Agent`. */
    readonly userAgent?: string | undefined
  }

  interface Service extends ApiClient.ApiClient {
    /** The address in force, without a slash at its end. */
    readonly apiUrl: string
    /** The region in force; none: the organization's own. */
    readonly target: string | undefined
    /**
     * A client, with these credentials, for an address that the server named. The paths of its operations go below that
     * address. Fails with `InvalidRequest` for a host that `trustedHosts` would have to name first; sends nothing.
     */
    readonly at: (
      url: string,
      operation: string,
      options?: AddressOptions
    ) => Effect.Effect<ApiClient.ApiClient, InvalidRequest>
  }

  /** What is different at another address. */
  type AddressOptions = Pick<ApiClient.Settings, "sandboxId" | "sockets"> &
    Partial<Pick<ApiClient.Settings, "readErrorBody">>
}

export const defaultApiUrl = "https://app.daytona.io/api"

/**
 * The official SDK whose protocol we speak. The daemon in a sandbox chooses the form of session logs by it: only from
 * 0.167.0 on does it tell stdout from stderr.
 */
export const protocolVersion = "0.218.0"

const source = "effect-sandboxes"

const at = { system: "daytona", operation: "Daytona.layer" } as const

const given = (value: Redacted.Redacted | undefined): Redacted.Redacted | undefined =>
  value === undefined || Redacted.value(value) === "" ? undefined : value

interface Identity {
  readonly token: Redacted.Redacted
  readonly headers: Readonly<Record<string, string>>
}

const tokenRule = "must be printable ASCII without spaces or line breaks"

const identityOf = (options: DaytonaClient.Options): Either.Either<Identity, InvalidRequest> => {
  const apiKey = given(options.apiKey)
  if (apiKey !== undefined) {
    return isToken(Redacted.value(apiKey))
      ? Either.right({ token: apiKey, headers: {} })
      : Either.left(invalidRequest(at, "apiKey", tokenRule))
  }
  const jwtToken = given(options.jwtToken)
  if (jwtToken === undefined) {
    return Either.left(
      invalidRequest(
        at,
        "apiKey",
        "must be given, or `jwtToken` with `organizationId` (in the environment: DAYTONA_API_KEY, or DAYTONA_JWT_TOKEN with DAYTONA_ORGANIZATION_ID)"
      )
    )
  }
  if (!isToken(Redacted.value(jwtToken))) return Either.left(invalidRequest(at, "jwtToken", tokenRule))
  const { organizationId = "" } = options
  if (organizationId === "") {
    return Either.left(
      invalidRequest(
        at,
        "organizationId",
        "must be given with `jwtToken` (in the environment: DAYTONA_ORGANIZATION_ID): such a token is good for several organizations"
      )
    )
  }
  return isHeaderValue(organizationId)
    ? Either.right({ token: jwtToken, headers: { "x-daytona-organization-id": organizationId } })
    : Either.left(invalidRequest(at, "organizationId", "must be printable ASCII, without line breaks"))
}

const nonEmpty = (text: string | undefined): string | undefined => (text === "" ? undefined : text)

export const make = (
  options: DaytonaClient.Options
): Effect.Effect<DaytonaClient.Service, InvalidRequest, HttpClient.HttpClient> =>
  Effect.gen(function* () {
    const http = yield* HttpClient.HttpClient
    const opener = yield* WebSockets
    const identity = yield* identityOf(options)
    const apiUrl = yield* Either.mapLeft(baseUrl.parse(nonEmpty(options.apiUrl) ?? defaultApiUrl), (problem) =>
      invalidRequest(at, "apiUrl", problem)
    )
    const all = {
      accept: "application/json",
      "user-agent": `${options.userAgent === undefined ? "" : `${options.userAgent} `}${source}/${sdkVersion}`,
      "x-daytona-source": source,
      "x-daytona-sdk-version": protocolVersion,
      ...identity.headers,
      ...options.headers
    }
    yield* headers.check(at, all)
    const clientFor = (
      base: { readonly baseUrl: string; readonly shownBase?: string } & DaytonaClient.AddressOptions
    ) =>
      ApiClient.make({
        system: "daytona",
        headers: all,
        credentials: ApiClient.fixedToken(Option.some(identity.token)),
        policy: options,
        slashInPath: "encode",
        readErrorBody: readDaytonaErrorBody,
        ...base
      }).pipe(Effect.provideService(HttpClient.HttpClient, http), Effect.provideService(WebSockets, opener))
    const client = yield* clientFor({ baseUrl: apiUrl })
    const origin = new URL(apiUrl)
    const { trustedHosts = [] } = options
    return {
      ...client,
      apiUrl,
      target: nonEmpty(options.target),
      at: (url, operation, options = {}) =>
        Effect.gen(function* () {
          const from = { system: "daytona", operation } as const
          const base = yield* Either.mapLeft(baseUrl.parse(url), (problem) =>
            invalidRequest(from, "url", `that the server named ${problem}`)
          )
          const named = new URL(base)
          if (!isTrusted(origin, trustedHosts, named)) {
            return yield* invalidRequest(
              from,
              "trustedHosts",
              `does not name ${named.host}, where the server sends us; the credentials go to no host that it does not name`
            )
          }
          return yield* clientFor({ ...options, baseUrl: base, shownBase: named.pathname.replace(/\/$/, "") })
        })
    }
  })
