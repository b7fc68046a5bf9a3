/** The forms of a log that clients of different versions receive. */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import compare from "semver/functions/compare.js"
import parse from "semver/functions/parse.js"
import * as responses from "../../http/responses.js"
import type { DaemonRequest } from "../Route.js"
import { streamOf, withoutMarkers } from "./logMarkers.js"

/**
 * How a client receives a log, by its version: without markers, with markers, or with markers and the two streams
 * separately.
 */
export type LogFormat = "combined" | "multiplexed" | "split"

export const formatOf = ({ headers, sdkVersion }: Pick<DaemonRequest, "headers" | "sdkVersion">): LogFormat => {
  if (sdkVersion === undefined) return headers["x-daytona-split-output"] === "true" ? "multiplexed" : "combined"
  if (sdkVersion.includes("dev") || isAtLeast(sdkVersion, "0.167.0")) return "split"
  return isAtLeast(sdkVersion, "0.27.0") ? "multiplexed" : "combined"
}

/** Old clients expect a session to start in the home directory. */
export const startsInHome = (sdkVersion: string | undefined): boolean =>
  sdkVersion !== undefined &&
  !sdkVersion.startsWith("0.0.0-dev") &&
  parse(sdkVersion) !== null &&
  !isAtLeast(sdkVersion, "0.103.0")

const isAtLeast = (version: string, least: string): boolean => parse(version) !== null && compare(version, least) >= 0

/** Invalid UTF-8 is replaced. */
const text = (bytes: Uint8Array): string => new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes)

/** A log as members of a JSON body. With separate streams, `output` keeps its markers. */
export const members = (format: LogFormat, log: Uint8Array) => ({
  output: text(format === "combined" ? withoutMarkers(log) : log),
  stdout: format === "split" ? text(streamOf("stdout", log)) : null,
  stderr: format === "split" ? text(streamOf("stderr", log)) : null
})

/** The response of the endpoints that return a whole log. */
export const response = (format: LogFormat, log: Uint8Array): HttpServerResponse.HttpServerResponse =>
  format === "split"
    ? responses.json(200, members(format, log))
    : HttpServerResponse.uint8Array(format === "combined" ? withoutMarkers(log) : log, {
        status: 200,
        contentType: "text/plain; charset=utf-8"
      })
