/** All services of Daytona as one layer. */
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

/** Everything that Daytona's control plane offers. */
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
 * All services over one connection. Building it sends nothing; it fails with `InvalidRequest` when an option cannot work.
 * The transport is the application's choice: any layer of `HttpClient`.
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

/** What `layerConfig` reads; the rest of the options are plain values. */
export interface DaytonaConfig
  extends Omit<DaytonaClient.Options, "apiKey" | "jwtToken" | "organizationId" | "apiUrl" | "target"> {
  /** Default: `DAYTONA_API_KEY`, unless `jwtToken` is given here: what is given wins over the environment. */
  readonly apiKey?: Config.Config<Redacted.Redacted> | undefined
  /** Default: `DAYTONA_JWT_TOKEN`, unless `apiKey` is given here. */
  readonly jwtToken?: Config.Config<Redacted.Redacted> | undefined
  /** Default: `DAYTONA_ORGANIZATION_ID`. */
  readonly organizationId?: Config.Config<string> | undefined
  /** Default: `DAYTONA_API_URL`, then the deprecated `DAYTONA_SERVER_URL`, then the cloud. */
  readonly apiUrl?: Config.Config<string> | undefined
  /** Default: `DAYTONA_TARGET`, else the organization's own. */
  readonly target?: Config.Config<string> | undefined
}

/** An empty variable is as good as none. */
const ifSet = <A>(config: Config.Config<A>, isEmpty: (value: A) => boolean): Config.Config<A | undefined> =>
  Config.map(Config.option(config), (value) => Option.getOrUndefined(Option.filter(value, (each) => !isEmpty(each))))

const text = (name: string) => ifSet(Config.string(name), (value) => value === "")

const secret = (name: string) => ifSet(Config.redacted(name), (value) => Redacted.value(value) === "")

const nothing = Config.succeed(undefined)

const apiUrlFromEnvironment = Config.map(
  Config.all([text("DAYTONA_API_URL"), text("DAYTONA_SERVER_URL")]),
  ([apiUrl, serverUrl]) => apiUrl ?? serverUrl
)

/** As `layer`, with its address, credentials and target from the configuration: by default the environment. */
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
