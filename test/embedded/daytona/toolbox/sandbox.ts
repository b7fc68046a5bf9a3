/** A sandbox of an embedded server, made through the API, and its toolbox. */
import * as HttpBody from "@effect/platform/HttpBody"
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type { HttpMethod } from "@effect/platform/HttpMethod"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { EmbeddedDaytona, type Options } from "../../../../src/embedded/daytona/index.js"
import { type Answer, base, post, send, textAt } from "../support.js"

type Headers = Readonly<Record<string, string>>

/** The body of a request: JSON, unless it is a body already. */
type Body = Readonly<Record<string, unknown>> | ReadonlyArray<unknown> | string | HttpBody.HttpBody | undefined

type Call = Effect.Effect<Answer, HttpClientError.HttpClientError, HttpClient.HttpClient>

export interface Sandbox {
  readonly id: string
  /** The address of the toolbox. */
  readonly url: string
  readonly request: (method: HttpMethod, path: string, body?: Body, headers?: Headers) => Call
  readonly get: (path: string, query?: Readonly<Record<string, string>>, headers?: Headers) => Call
  readonly post: (path: string, body?: Body, headers?: Headers) => Call
}

const withBody = (request: HttpClientRequest.HttpClientRequest, body: Body): HttpClientRequest.HttpClientRequest => {
  if (body === undefined) return request
  if (HttpBody.isHttpBody(body)) return HttpClientRequest.setBody(request, body)
  return HttpClientRequest.bodyText(request, typeof body === "string" ? body : JSON.stringify(body), "application/json")
}

const below = (id: string, url: string): Sandbox => {
  const request: Sandbox["request"] = (method, path, body, headers = {}) =>
    send(withBody(HttpClientRequest.make(method)(`${url}${path}`, { headers }), body))
  return {
    id,
    url,
    request,
    get: (path, query = {}, headers = {}) =>
      request("GET", `${path}?${new URLSearchParams(query)}`, undefined, headers),
    post: (path, body, headers) => request("POST", path, body, headers)
  }
}

/** Creates a sandbox of the server in memory. */
export const sandbox = (properties: Readonly<Record<string, unknown>> = {}) =>
  Effect.map(post("/sandbox", properties), ({ json }) => toolboxOf(textAt(json, "id")))

/** The toolbox of an existing sandbox. */
export const toolboxOf = (id: string): Sandbox => below(id, `${base}/proxy/toolbox/${id}`)

/** A server in memory whose background tasks take no time. */
export const inMemory = (options: Options = {}) => EmbeddedDaytona.layerHttpClient({ durations: 0, ...options })

/** The same on a loopback port, with a client that honours backpressure. */
export const onPort = (options: Options = {}) =>
  Layer.merge(EmbeddedDaytona.layerServer({ durations: 0, ...options }), NodeHttpClient.layerUndici)

/** Creates a sandbox of the listening server. */
export const sandboxOnPort = Effect.gen(function* () {
  const { url } = yield* EmbeddedDaytona
  const origin = Option.getOrElse(url, () => "nowhere")
  const created = yield* send(
    HttpClientRequest.post(`${origin}/api/sandbox`).pipe(HttpClientRequest.bodyText("{}", "application/json"))
  )
  const id = textAt(created.json, "id")
  return below(id, `${textAt(created.json, "toolboxProxyUrl")}/${id}`)
})

/** Both generations, for tests of what they share. */
export const generations = ["current", "0.190"] as const
