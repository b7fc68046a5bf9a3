/** Whether this SDK supports the version of a server, which `System.health` reports. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import parse from "semver/functions/parse.js"
import type { ApiError } from "../../errors/ApiError.js"
import { IncompatibleServer } from "../../errors/stromboli/failures.js"
import { sdkVersion } from "../../version.js"
import { System } from "./System.js"

export { sdkVersion }

/** The version of the server's API that this SDK was written for. */
export const apiVersion = "0.5.7-alpha"

const firstSupported = "0.4.0-alpha"
const firstUnsupported = "0.6.0-0"

/**
 * The server versions that this SDK supports. All releases of Stromboli so far are pre-releases, so both bounds are,
 * too, and pre-releases are compared like any other version.
 */
export const supportedRange = `>=${firstSupported} <${firstUnsupported}` as const

const resultFields = {
  status: Schema.Literal("compatible", "incompatible", "unknown"),
  serverVersion: Schema.String,
  message: Schema.String
}

/** The compatibility of a server. `unknown`: a build from source, or no version at all. */
export interface Result extends Schema.Struct.Type<typeof resultFields> {}
export const Result = Schema.Struct(resultFields)

/** Checks a version as the server reports it: with or without `v`, and with a suffix of `git describe`. */
export const check = (serverVersion: string): Result => {
  if (parse(serverVersion) === null) {
    const what =
      serverVersion.trim() === ""
        ? "The server did not report a version"
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

/** Whether the version is known and in the supported range. */
export const isCompatible = (serverVersion: string): boolean => {
  // The ranges of semver would be three times as much to load.
  const version = parse(serverVersion)
  return version !== null && version.compare(firstSupported) >= 0 && version.compare(firstUnsupported) < 0
}

/**
 * Fails with `IncompatibleServer` when the version is outside the supported range. An unknown version only logs a
 * warning: it is most likely a build from source.
 */
const requireCompatible = (serverVersion: string): Effect.Effect<Result, IncompatibleServer> => {
  const result = check(serverVersion)
  if (result.status === "incompatible") {
    return Effect.fail(new IncompatibleServer({ serverVersion, supportedRange, message: result.message }))
  }
  return result.status === "unknown" ? Effect.as(Effect.logWarning(result.message), result) : Effect.succeed(result)
}

export { requireCompatible as require }

/** Requests the version of the server and requires it to be compatible. `GET /health` */
export const requireServer: Effect.Effect<Result, ApiError | IncompatibleServer, System> = Effect.flatMap(
  System,
  (system) => Effect.flatMap(system.health, ({ version }) => requireCompatible(version))
)
