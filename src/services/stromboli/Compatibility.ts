/** Does this SDK fit the server? Its version is in `System.health`. */
import * as Effect from "effect/Effect"
import parse from "semver/functions/parse.js"
import satisfies from "semver/functions/satisfies.js"
import type { ApiError } from "../../errors/ApiError.js"
import { IncompatibleServer } from "../../errors/stromboli/failures.js"
import { sdkVersion } from "../../version.js"
import { System } from "./System.js"

export { sdkVersion }

/** The version of the server's API that this SDK was written for. */
export const apiVersion = "0.5.7-alpha"

/**
 * The servers that this SDK works with. Every release of Stromboli so far is a pre-release, so both bounds are, and
 * pre-releases are compared like any other version.
 */
export const supportedRange = ">=0.4.0-alpha <0.6.0-0"

/** What can be said about a server of some version. `unknown`: a build from source, or no version at all. */
export interface CompatibilityResult {
  readonly status: "compatible" | "incompatible" | "unknown"
  readonly serverVersion: string
  readonly message: string
}

/** Judges a version as the server reports it: with or without a `v`, with whatever `git describe` puts behind it. */
export const check = (serverVersion: string): CompatibilityResult => {
  if (parse(serverVersion) === null) {
    const what =
      serverVersion.trim() === ""
        ? "The server does not tell its version"
        : `"${serverVersion.slice(0, 100)}" is not a version`
    return { status: "unknown", serverVersion, message: `${what}; this SDK supports ${supportedRange}` }
  }
  return isCompatible(serverVersion)
    ? { status: "compatible", serverVersion, message: `Server ${serverVersion} is supported (${supportedRange})` }
    : {
        status: "incompatible",
        serverVersion,
        message: `Server ${serverVersion} is not supported by effect-sandboxes ${sdkVersion}, which needs ${supportedRange}`
      }
}

/** The version is known and inside the supported range. */
export const isCompatible = (serverVersion: string): boolean =>
  satisfies(serverVersion, supportedRange, { includePrerelease: true })

/**
 * Fails with `IncompatibleServer` when the version is outside the supported range. A version that cannot be told passes
 * with a warning in the log: it is most likely a build from source.
 */
const requireCompatible = (serverVersion: string): Effect.Effect<CompatibilityResult, IncompatibleServer> => {
  const result = check(serverVersion)
  if (result.status === "incompatible") {
    return Effect.fail(new IncompatibleServer({ serverVersion, supportedRange, message: result.message }))
  }
  return result.status === "unknown" ? Effect.as(Effect.logWarning(result.message), result) : Effect.succeed(result)
}

export { requireCompatible as require }

/** Asks the server for its version and requires it to be compatible. `GET /health` */
export const requireServer: Effect.Effect<CompatibilityResult, ApiError | IncompatibleServer, System> = Effect.flatMap(
  System,
  (system) => Effect.flatMap(system.health, ({ version }) => requireCompatible(version))
)
