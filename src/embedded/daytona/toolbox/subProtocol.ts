/** The sub-protocols of web sockets, and the client's version in them. */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import type { Machine } from "./Machine.js"

const versionProtocol = /^X-Daytona-SDK-Version~(.+)$/i

/**
 * The sub-protocol that the daemon chooses: the older one only accepts the token with the client's version, the newer
 * one the first that is offered.
 */
export const choose = (generation: Machine["generation"], offered: ReadonlyArray<string>): string | undefined =>
  generation === "current" ? offered[0] : offered.find((token) => versionProtocol.test(token))

/** The client's version, from a header or, for browsers, from an offered sub-protocol. */
export const sdkVersionOf = (headers: Readonly<Record<string, string>>): string | undefined =>
  headers["x-daytona-sdk-version"] ??
  headers["sec-websocket-protocol"]?.split(",").flatMap((token) => versionProtocol.exec(token.trim())?.[1] ?? [])[0]

/** The response to a request that should have been for a web socket. */
export const notWebSocket = HttpServerResponse.text("Bad Request\n", {
  status: 400,
  contentType: "text/plain; charset=utf-8",
  headers: { "sec-websocket-version": "13", "x-content-type-options": "nosniff" }
})
