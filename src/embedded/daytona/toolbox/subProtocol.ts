/** The sub-protocols of web sockets, and the client's version in them. */
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
