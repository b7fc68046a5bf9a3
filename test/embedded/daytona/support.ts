import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type { HttpMethod } from "@effect/platform/HttpMethod"
import * as Effect from "effect/Effect"
import { EmbeddedDaytona, type Options } from "../../../src/embedded/daytona/index.js"

/** A response as it arrived over the wire. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  /** The body as JSON; `undefined` if it is not JSON. */
  readonly json: unknown
}

/** A server in memory whose background tasks take no time, unless `durations` says otherwise. */
export const server = (options: Options = {}) => EmbeddedDaytona.layerHttpClient({ durations: 0, ...options })

export const base = "http://daytona.test"

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

type Headers = Readonly<Record<string, string>>
type Call = Effect.Effect<Answer, HttpClientError.HttpClientError, HttpClient.HttpClient>

export const send = (request: HttpClientRequest.HttpClientRequest): Call =>
  Effect.gen(function* () {
    const response = yield* HttpClient.execute(request)
    const text = yield* response.text
    return { status: response.status, headers: response.headers, text, json: parse(text) }
  })

const call =
  (method: HttpMethod) =>
  (path: string, body?: unknown, headers: Headers = {}): Call => {
    const request = HttpClientRequest.make(method)(`${base}/api${path}`, { headers })
    return send(
      body === undefined
        ? request
        : HttpClientRequest.bodyText(
            request,
            typeof body === "string" ? body : JSON.stringify(body),
            "application/json"
          )
    )
  }

export const post = call("POST")
export const put = call("PUT")
export const patch = call("PATCH")
export const del = (path: string, headers?: Headers): Call => call("DELETE")(path, undefined, headers)
export const get = (path: string, headers?: Headers): Call => call("GET")(path, undefined, headers)

/** The value at a path of keys and indexes in a JSON value; `undefined` if there is none. */
export const at = (json: unknown, ...path: ReadonlyArray<string | number>): unknown =>
  path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null
        ? Object.entries(value).find(([name]) => name === `${key}`)?.[1]
        : undefined,
    json
  )

/** {@link at} for a value that has to be a string. */
export const textAt = (json: unknown, ...path: ReadonlyArray<string | number>): string => {
  const value = at(json, ...path)
  return typeof value === "string" ? value : `no string at ${path.join(".")} of ${JSON.stringify(json)}`
}

/** The status and, for an error, the message. */
export const verdict = ({ json, status }: Answer): readonly [number, unknown] =>
  status < 300 ? [status, undefined] : [status, at(json, "message")]

/** The state in a response. */
export const stateOf = ({ json }: Answer): unknown => at(json, "state")
