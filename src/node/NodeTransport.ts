/** The transport for Node. */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Layer from "effect/Layer"
import { WebSockets } from "../stream/WebSockets.js"
import * as webSockets from "./webSockets.js"

/**
 * An `HttpClient` on undici: connections are kept alive and closed with the layer, redirects are not followed, and there is
 * no deadline below the ones that the SDK keeps itself. With it come web sockets on `ws`, whose handshakes carry headers, and
 * which stop the server when their reader stops; services that are built with this layer use them. Needs
 * `@effect/platform-node` and `ws`.
 */
export const layer: Layer.Layer<HttpClient.HttpClient> = Layer.merge(
  NodeHttpClient.layerUndici,
  Layer.succeed(WebSockets, webSockets.opener)
)
