/** The connection to Daytona, which its services are built on. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type { InvalidRequest } from "../../errors/ApiError.js"
import { readDaytonaErrorBody } from "../../errors/daytona/errorBody.js"
import { checkHeaders, checkOptions, parseBaseUrl, userAgentOf } from "../../internal/clientOptions.js"
import { invalidRequest } from "../../internal/failure.js"
import * as PendingReleases from "../../internal/pendingReleases.js"
import { fixedToken, type Settings, type SystemProfile } from "../../internal/Settings.js"
import * as SocketClient from "../../internal/SocketClient.js"
import { shownAs } from "../../internal/shown.js"
import type { ClientOptions } from "../../RequestOptions.js"
import { isHeaderValue, isToken } from "../../schema/headerValue.js"
import { WebSockets } from "../../stream/WebSockets.js"
import { problemOf } from "./ownership.js"
import { isTrusted } from "./trustedHosts.js"

/**
 * The connection to Daytona: address, credentials, headers, deadlines and retries. The services are built on it; a
 * program rarely needs it itself.
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
  /** Fails with `InvalidRequest`, which names the option, when one is invalid. Sends nothing. */
  static readonly layer = (
    options: DaytonaClient.Options
  ): Layer.Layer<DaytonaClient, InvalidRequest, HttpClient.HttpClient> => Layer.scoped(this, make(options))
}

export declare namespace DaytonaClient {
  interface Options extends ClientOptions {
    /** An API key, which belongs to one organization. Used instead of `jwtToken` when both are given. */
    readonly apiKey?: Redacted.Redacted | undefined
    /** An access token (JWT) of a user. A user may be in several organizations: `organizationId` names one of them. */
    readonly jwtToken?: Redacted.Redacted | undefined
    /** Required with `jwtToken`. Not sent with `apiKey`, which implies it. */
    readonly organizationId?: string | undefined
    /** Default: `https://app.daytona.io/api`. */
    readonly apiUrl?: string | undefined
    /** The region that new sandboxes and snapshots go to; default: the organization's own. */
    readonly target?: string | undefined
    /**
     * Additional hosts that may receive the credentials when the server refers to them, for build logs and the toolbox:
     * `proxy.example.com`, or `*.example.com` for all subdomains. Needed for a region with its own proxy. Subdomains of
     * the host of `apiUrl`, and for the cloud those of `daytona.io`, are always trusted.
     */
    readonly trustedHosts?: ReadonlyArray<string> | undefined
    /**
     * The name of the application, which every sandbox that it creates carries in the label
     * `effect-sandboxes-application`. Keys belong to it: two applications do not share what has the same key. At most
     * 64 bytes of UTF-8; default `default`.
     */
    readonly application?: string | undefined
  }

  interface Service extends Pick<SocketClient.SocketClient, "call" | "stream" | "connect"> {
    /** The address in use, without a trailing slash. */
    readonly apiUrl: string
    /** The region in use; `undefined`: the organization's own. */
    readonly target: string | undefined
    /** What open scopes and interrupted creations owe; the layer waits for it when it closes. */
    readonly pendingReleases: PendingReleases.PendingReleases
    /** The name of the application; `default` unless another one was given. */
    readonly application: string
    /**
     * A client with these credentials for an address that the server named; the paths of its operations are relative to
     * that address. Fails with `InvalidRequest` for a host that is not trusted. Sends nothing.
     */
    readonly at: (
      url: string,
      operation: string,
      options?: AddressOptions
    ) => Effect.Effect<SocketClient.SocketClient, InvalidRequest>
  }

  /** Settings that differ at another address. */
  interface AddressOptions extends Pick<Settings, "sandboxId">, Partial<Pick<Settings, "readErrorBody">> {
    /** What web sockets need besides headers. */
    readonly sockets?: SocketClient.SocketSettings
  }
}

export const defaultApiUrl = "https://app.daytona.io/api"

export const defaultApplication = "default"

/**
 * The version of the official SDK whose protocol this is. The daemon in a sandbox chooses the format of session logs by
 * it: only from 0.167.0 on it separates stdout and stderr.
 */
export const protocolVersion = "0.218.0"

const source = "effect-sandboxes"

export const system: SystemProfile = {
  name: "daytona",
  displayName: "Daytona",
  addressOption: "apiUrl",
  webPage: "the response is an HTML page, as the dashboard serves them: does `apiUrl` lack `/api` at the end?"
}

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
        "must be given with `jwtToken` (in the environment: DAYTONA_ORGANIZATION_ID), since such a token is valid for several organizations"
      )
    )
  }
  return isHeaderValue(organizationId)
    ? Either.right({ token: jwtToken, headers: { "x-daytona-organization-id": organizationId } })
    : Either.left(invalidRequest(at, "organizationId", "must be printable ASCII, without line breaks"))
}

const isListOfText = (value: unknown): value is ReadonlyArray<string> =>
  Array.isArray(value) && value.every((each) => typeof each === "string")

const nonEmpty = (text: string | undefined): string | undefined => (text === "" ? undefined : text)

export const make = (
  options: DaytonaClient.Options
): Effect.Effect<DaytonaClient.Service, InvalidRequest, HttpClient.HttpClient | Scope.Scope> =>
  Effect.gen(function* () {
    yield* checkOptions(at, options, {
      text: ["apiUrl", "application", "organizationId", "target"],
      redacted: ["apiKey", "jwtToken"]
    })
    const { trustedHosts = [] } = options
    if (!isListOfText(trustedHosts)) return yield* invalidRequest(at, "trustedHosts", "must be a list of host names")
    const { application = defaultApplication } = options
    const wrongApplication = problemOf("application", application)
    if (wrongApplication !== undefined) return yield* invalidRequest(at, "application", wrongApplication)
    const http = yield* HttpClient.HttpClient
    const opener = yield* WebSockets
    const identity = yield* identityOf(options)
    const apiUrl = yield* Either.mapLeft(parseBaseUrl(nonEmpty(options.apiUrl) ?? defaultApiUrl), (problem) =>
      invalidRequest(at, "apiUrl", problem)
    )
    const headers = {
      accept: "application/json",
      "user-agent": userAgentOf(options.userAgent),
      "x-daytona-source": source,
      "x-daytona-sdk-version": protocolVersion,
      ...identity.headers,
      ...options.headers
    }
    yield* checkHeaders(at, headers)
    const clientFor = ({
      sockets,
      ...base
    }: { readonly baseUrl: string; readonly shownBase?: string } & DaytonaClient.AddressOptions) =>
      SocketClient.make(
        {
          system,
          headers,
          credentials: fixedToken(Option.some(identity.token)),
          policy: options,
          transformClient: options.transformClient,
          slashInPath: "encode",
          readErrorBody: readDaytonaErrorBody,
          ...base
        },
        sockets
      ).pipe(Effect.provideService(HttpClient.HttpClient, http), Effect.provideService(WebSockets, opener))
    const client = yield* clientFor({ baseUrl: apiUrl })
    const origin = new URL(apiUrl)
    return shownAs<DaytonaClient.Service>(
      {
        ...client,
        apiUrl,
        target: nonEmpty(options.target),
        pendingReleases: yield* PendingReleases.make(system.displayName, options.shutdownTimeout),
        application,
        at: (url, operation, options = {}) =>
          Effect.gen(function* () {
            const from = { system: "daytona", operation } as const
            const base = yield* Either.mapLeft(parseBaseUrl(url), (problem) =>
              invalidRequest(from, "url", `that the server named ${problem}`)
            )
            const named = new URL(base)
            if (!isTrusted(origin, trustedHosts, named)) {
              return yield* invalidRequest(
                from,
                "trustedHosts",
                `does not include ${named.host}, which the server referred to; credentials are sent to trusted hosts only`
              )
            }
            return yield* clientFor({ ...options, baseUrl: base, shownBase: named.pathname.replace(/\/$/, "") })
          })
      },
      ({ apiUrl, target, application }) => ({ _id: "DaytonaClient", apiUrl, target, application })
    )
  })
