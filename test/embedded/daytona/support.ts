/** The embedded Daytona over its routes, as any client sees it. */
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type { HttpMethod } from "@effect/platform/HttpMethod"
import type * as Effect from "effect/Effect"
import { EmbeddedDaytona, type Options } from "../../../src/embedded/daytona/index.js"
import { type Answer, at, send } from "../../support/answer.js"

export { type Answer, at, send, textAt } from "../../support/answer.js"

/** A server in memory whose background tasks take no time, unless `durations` says otherwise. */
export const server = (options: Options = {}) => EmbeddedDaytona.layerHttpClient({ durations: 0, ...options })

export const base = "http://daytona.test"

type Headers = Readonly<Record<string, string>>
type Call = Effect.Effect<Answer, HttpClientError.HttpClientError, HttpClient.HttpClient>

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

/** The status and, for an error, the message. */
export const verdict = ({ json, status }: Answer): readonly [number, unknown] =>
  status < 300 ? [status, undefined] : [status, at(json, "message")]

/** The state in a response. */
export const stateOf = ({ json }: Answer): unknown => at(json, "state")
