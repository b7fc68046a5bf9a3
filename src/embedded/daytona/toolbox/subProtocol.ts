import type { Machine } from "./Machine.js"

const version = /^X-Daytona-SDK-Version~/i

/**
 * The sub-protocol that the daemon chooses: the older one knows only the token that carries the client's version, the newer
 * one takes the first that is offered.
 */
export const choose = (generation: Machine["generation"], offered: ReadonlyArray<string>): string | undefined =>
  generation === "current" ? offered[0] : offered.find((token) => version.test(token))
