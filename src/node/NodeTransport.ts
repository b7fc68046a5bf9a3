/** The transport for Node. */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import type * as Layer from "effect/Layer"

/**
 * An `HttpClient` on undici: connections are kept alive and closed with the layer, redirects are not followed, and there is
 * no deadline below the ones that the SDK keeps itself. Needs `@effect/platform-node`.
 */
export const layer: Layer.Layer<HttpClient.HttpClient> = NodeHttpClient.layerUndici
