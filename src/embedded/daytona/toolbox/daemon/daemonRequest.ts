/** Reads a request to the daemon. */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import * as Record from "effect/Record"
import * as Stream from "effect/Stream"
import { ConnectionFault } from "../../../ConnectionFault.js"
import * as incoming from "../../http/IncomingRequest.js"
import { jsonDepth } from "../../http/jsonDepth.js"
import type { DaemonRequest } from "../Route.js"
import { sdkVersionOf } from "../subProtocol.js"

/** The current request, without its path parameters. */
export const read: Effect.Effect<
  Omit<DaemonRequest, "parameter">,
  never,
  HttpServerRequest.HttpServerRequest
> = Effect.gen(function* () {
  const request = yield* HttpServerRequest.HttpServerRequest
  const { headers, method, query, rawPath, rawQuery } = yield* incoming.read
  const text = Effect.map(Effect.provideService(incoming.body, HttpServerRequest.HttpServerRequest, request), (bytes) =>
    new TextDecoder().decode(bytes)
  )
  return {
    method,
    rawPath,
    query,
    rawQuery,
    headers,
    sdkVersion: sdkVersionOf(headers),
    bytes: bytesOf(request),
    json: Effect.map(text, parse),
    isEmpty: Effect.map(text, (body) => body.trim() === "")
  }
})

// In memory, a request without a body has no stream either: reading it fails with a decoding error without a cause.
const bytesOf = (request: HttpServerRequest.HttpServerRequest): Stream.Stream<Uint8Array, ConnectionFault> =>
  Stream.catchAll(request.stream, (error) =>
    error.reason === "Decode" && error.cause === undefined
      ? Stream.empty
      : Stream.fail(new ConnectionFault({ kind: "reset" }))
  )

/** How deeply a body may be nested: Go's limit. */
const deepest = 10_000

/** Deeper than any member that a handler reads. Whatever looks at a value as a whole needs a stack for all of it. */
const longestPath = 100

const parse = (text: string): unknown => {
  const depth = jsonDepth(text)
  if (depth > deepest) return undefined
  const value = parseWhole(text)
  return depth > longestPath ? cut(value, longestPath) : value
}

const cut = (value: unknown, levels: number): unknown => {
  if (typeof value !== "object" || value === null) return value
  if (levels === 0) return null
  return Array.isArray(value)
    ? value.map((element) => cut(element, levels - 1))
    : Record.map({ ...value }, (member) => cut(member, levels - 1))
}

const parseWhole = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (problem) {
    return parseBeginning(text, positionIn(problem))
  }
}

// The daemon reads one value and leaves what follows. The parser says where that begins.
const parseBeginning = (text: string, end: number): unknown => {
  try {
    return JSON.parse(text.slice(0, end))
  } catch {
    return undefined
  }
}

const positionIn = (problem: unknown): number => Number(/ at position (\d+)/.exec(String(problem))?.[1] ?? 0)
