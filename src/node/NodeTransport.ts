/** The transport for Node: HTTP on `undici`, web sockets on `ws`. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { WebSockets } from "../stream/WebSockets.js"
import type { Options } from "./transportOptions.js"
import * as client from "./undici/client.js"
import * as dispatcher from "./undici/dispatcher.js"
import * as webSockets from "./webSockets.js"

export type { Options, TlsOptions } from "./transportOptions.js"

/**
 * The transport with options. Fails with the name of an option that is invalid.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { NodeTransport } from "effect-sandboxes/node"
 * import { Execution, Stromboli } from "effect-sandboxes/stromboli"
 *
 * const program = Effect.flatMap(Execution, (execution) => execution.run({ prompt: "Hello" })).pipe(
 *   Effect.provide(Stromboli.layerConfig()),
 *   Effect.provide(NodeTransport.layerWith({ keepAlive: "30 seconds", proxy: "environment" }))
 * )
 * ```
 */
export const layerWith = (options: Options): Layer.Layer<HttpClient.HttpClient, ConfigError> =>
  Layer.merge(
    Layer.scoped(HttpClient.HttpClient, Effect.map(dispatcher.make(options), client.make)),
    Layer.succeed(WebSockets, webSockets.make(options))
  )

/**
 * An `HttpClient` on undici and web sockets on `ws`. Connections are kept alive, and closed with the layer. Redirects
 * are not followed, and the only deadlines are those of the services. Handshakes of web sockets carry headers, and
 * backpressure reaches the server. Services work with any other `HttpClient` too, at a higher cost. Needs `undici` and
 * `ws`.
 */
export const layer: Layer.Layer<HttpClient.HttpClient> =
  // Without options, nothing can be invalid.
  Layer.orDie(layerWith({}))

/** The transport with options from a `Config`. */
export const layerConfig = (options: Config.Config.Wrap<Options>): Layer.Layer<HttpClient.HttpClient, ConfigError> =>
  Layer.unwrapEffect(Effect.map(Config.unwrap(options), layerWith))
