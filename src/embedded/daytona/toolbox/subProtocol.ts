import type { Machine } from "./Machine.js"

const versionProtocol = /^X-Daytona-SDK-Version~(.+)$/i

/**
 * The sub-protocol that the daemon chooses: the older one knows only the token that carries the client's version, the newer
 * one takes the first that is offered.
 */
export const choose = (generation: Machine["generation"], offered: ReadonlyArray<string>): string | undefined =>
  generation === "current" ? offered[0] : offered.find((token) => versionProtocol.test(token))

/** The version of the client: a header or, from browsers, a sub-protocol that it offers. */
export const sdkVersionOf = (headers: Readonly<Record<string, string>>): string | undefined =>
  headers["x-daytona-sdk-version"] ??
  headers["sec-websocket-protocol"]?.split(",").flatMap((token) => versionProtocol.exec(token.trim())?.[1] ?? [])[0]
