/** All services of one Stromboli server as one layer. */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type { ApiError, InvalidRequest } from "../../errors/ApiError.js"
import type { IncompatibleServer } from "../../errors/stromboli/failures.js"
import { Agents } from "./agents/Agents.js"
import { Auth } from "./auth/Auth.js"
import { requireServer } from "./Compatibility.js"
import { Execution } from "./execution/Execution.js"
import { Images } from "./Images.js"
import { Jobs } from "./Jobs.js"
import { Secrets } from "./Secrets.js"
import { StromboliClient } from "./StromboliClient.js"
import { System } from "./System.js"
import { Sessions } from "./sessions/Sessions.js"

/** All services of a Stromboli server. */
export type Stromboli = Agents | Auth | Execution | Images | Jobs | Secrets | Sessions | StromboliClient | System

const services = Layer.mergeAll(
  Agents.layer,
  Auth.layer,
  Execution.layer,
  Images.layer,
  Jobs.layer,
  Secrets.layer,
  Sessions.layer,
  System.layer
)

/**
 * All services over one connection. Building the layer sends nothing; it fails with `InvalidRequest` when an option is
 * invalid. The transport is the application's choice: any layer of `HttpClient`.
 *
 * @example
 * ```ts
 * import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
 * import * as Layer from "effect/Layer"
 * import { Stromboli } from "effect-sandboxes/stromboli"
 *
 * const StromboliLive = Stromboli.layer({ baseUrl: "http://localhost:8585"
 * }).pipe(Layer.provide(FetchHttpClient.layer))
 * ```
 */
export const layer = (
  options: StromboliClient.Options
): Layer.Layer<Stromboli, InvalidRequest, HttpClient.HttpClient> =>
  Layer.provideMerge(services, StromboliClient.layer(options))

/**
 * Like `layer`, but requests the version of the server first, and fails with `IncompatibleServer` when it is outside
 * `Compatibility.supportedRange`.
 */
export const layerCompatible = (
  options: StromboliClient.Options
): Layer.Layer<Stromboli, InvalidRequest | ApiError | IncompatibleServer, HttpClient.HttpClient> =>
  Layer.provideMerge(Layer.effectDiscard(requireServer), layer(options))

/** The options of `layerConfig`: some are read from the configuration, the others are plain values. */
export interface StromboliConfig extends Omit<StromboliClient.Options, "baseUrl" | "token" | "clientId"> {
  /** Default: `STROMBOLI_URL`, which is required. */
  readonly baseUrl?: Config.Config<string> | undefined
  /** Default: `STROMBOLI_TOKEN`, which may be missing or empty. */
  readonly token?: Config.Config<Option.Option<Redacted.Redacted>> | undefined
  /** Default: none. */
  readonly clientId?: Config.Config<string> | undefined
}

const tokenFromEnvironment = Config.option(Config.redacted("STROMBOLI_TOKEN")).pipe(
  Config.map(Option.filter((token) => Redacted.value(token) !== ""))
)

/** Like `layer`, with address and token from the configuration, by default from the environment. */
export const layerConfig = (
  options: StromboliConfig = {}
): Layer.Layer<Stromboli, ConfigError | InvalidRequest, HttpClient.HttpClient> =>
  Layer.unwrapEffect(
    Effect.map(
      Effect.all({
        baseUrl: options.baseUrl ?? Config.string("STROMBOLI_URL"),
        token: Effect.map(options.token ?? tokenFromEnvironment, Option.getOrUndefined),
        clientId: options.clientId ?? Effect.succeed(undefined)
      }),
      (values) => layer({ ...options, ...values })
    )
  )
