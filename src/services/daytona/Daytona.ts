/** All services of Daytona's control plane as one layer. */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type { InvalidRequest } from "../../errors/ApiError.js"
import { DaytonaClient } from "./DaytonaClient.js"
import { ObjectStorage } from "./objectStorage/ObjectStorage.js"
import { Regions } from "./Regions.js"
import { Secrets } from "./Secrets.js"
import { Sandboxes } from "./sandboxes/Sandboxes.js"
import { Snapshots } from "./snapshots/Snapshots.js"
import { Volumes } from "./Volumes.js"
import { WarmPools } from "./WarmPools.js"

/** All services of Daytona's control plane. */
export type Daytona = DaytonaClient | ObjectStorage | Regions | Sandboxes | Secrets | Snapshots | Volumes | WarmPools

const services = Layer.mergeAll(
  Regions.layer,
  Sandboxes.layer,
  Secrets.layer,
  Snapshots.layer,
  Volumes.layer,
  WarmPools.layer
).pipe(Layer.provideMerge(ObjectStorage.layer))

/**
 * All services over one client. Building the layer sends nothing; it fails with `InvalidRequest` when an option is
 * invalid. The application chooses the transport: any layer of `HttpClient`.
 *
 * @example
 * ```ts
 * import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
 * import * as Layer from "effect/Layer"
 * import * as Redacted from "effect/Redacted"
 * import { Daytona } from "effect-sandboxes/daytona"
 *
 * const DaytonaLive = Daytona.layer({ apiKey: Redacted.make("dtn_…"), target: "eu" }).pipe(
 *   Layer.provide(FetchHttpClient.layer)
 * )
 * ```
 */
export const layer = (options: DaytonaClient.Options): Layer.Layer<Daytona, InvalidRequest, HttpClient.HttpClient> =>
  Layer.provideMerge(services, DaytonaClient.layer(options))

/** The options of `layerConfig`: some are read with `Config`, the others are plain values. */
export interface DaytonaConfig
  extends Omit<DaytonaClient.Options, "apiKey" | "jwtToken" | "organizationId" | "apiUrl" | "target"> {
  /** Default: `DAYTONA_API_KEY`, unless `jwtToken` is given, since options take precedence over the environment. */
  readonly apiKey?: Config.Config<Redacted.Redacted> | undefined
  /** Default: `DAYTONA_JWT_TOKEN`, unless `apiKey` is given. */
  readonly jwtToken?: Config.Config<Redacted.Redacted> | undefined
  /** Default: `DAYTONA_ORGANIZATION_ID`. */
  readonly organizationId?: Config.Config<string> | undefined
  /** Default: `DAYTONA_API_URL`, then the deprecated `DAYTONA_SERVER_URL`, then the cloud. */
  readonly apiUrl?: Config.Config<string> | undefined
  /** Default: `DAYTONA_TARGET`, otherwise the default region of the organization. */
  readonly target?: Config.Config<string> | undefined
}

/** An empty variable counts as unset. */
const ifSet = <A>(config: Config.Config<A>, isEmpty: (value: A) => boolean): Config.Config<A | undefined> =>
  Config.map(Config.option(config), (value) => Option.getOrUndefined(Option.filter(value, (each) => !isEmpty(each))))

const text = (name: string) => ifSet(Config.string(name), (value) => value === "")

const secret = (name: string) => ifSet(Config.redacted(name), (value) => Redacted.value(value) === "")

const nothing = Config.succeed(undefined)

const apiUrlFromEnvironment = Config.map(
  Config.all([text("DAYTONA_API_URL"), text("DAYTONA_SERVER_URL")]),
  ([apiUrl, serverUrl]) => apiUrl ?? serverUrl
)

/** As `layer`, with the address, credentials and target from the configuration, by default the environment. */
export const layerConfig = (
  options: DaytonaConfig = {}
): Layer.Layer<Daytona, ConfigError | InvalidRequest, HttpClient.HttpClient> =>
  Layer.unwrapEffect(
    Effect.map(
      Effect.all({
        apiKey: options.apiKey ?? (options.jwtToken === undefined ? secret("DAYTONA_API_KEY") : nothing),
        jwtToken: options.jwtToken ?? (options.apiKey === undefined ? secret("DAYTONA_JWT_TOKEN") : nothing),
        organizationId: options.organizationId ?? text("DAYTONA_ORGANIZATION_ID"),
        apiUrl: options.apiUrl ?? apiUrlFromEnvironment,
        target: options.target ?? text("DAYTONA_TARGET")
      }),
      (values) => layer({ ...options, ...values })
    )
  )
