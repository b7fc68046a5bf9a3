/** Forwards requests to servers in the sandbox. */
import * as Http from "node:http"
import * as Cookies from "@effect/platform/Cookies"
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as NodeSink from "@effect/platform-node/NodeSink"
import * as NodeStream from "@effect/platform-node/NodeStream"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { ConnectionFault } from "../../../ConnectionFault.js"
import { WebSocketUpgrade } from "../../../sockets/WebSocketUpgrade.js"
import * as daemonResponses from "../daemon/daemonResponses.js"
import type { DaemonRequest, Handler } from "../Route.js"
import { bridge } from "./webSocketProxy.js"

const reset = () => new ConnectionFault({ kind: "reset" })

/**
 * `ANY /proxy/{port}/{path...}`: forwards a request to the server on this port of the computer; 502 if there is none.
 */
export const handler: Handler = (request) =>
  Effect.gen(function* () {
    const port = request.parameter("port")
    if (!/^\d+$/.test(port)) return daemonResponses.empty(400)
    if (Number(port) < 1 || Number(port) > 65_535) return daemonResponses.empty(502)
    const upgrade = yield* Effect.serviceOption(WebSocketUpgrade)
    if (Option.isSome(upgrade)) {
      const url = `ws://localhost:${port}${pathBelow(request)}`
      return (yield* bridge(upgrade.value, url, forwarded(request.headers)))
        ? daemonResponses.empty(200)
        : daemonResponses.empty(502)
    }
    const response = yield* Effect.option(send(request, Number(port)))
    return response._tag === "None" ? daemonResponses.empty(502) : answer(response.value)
  })

const send = (
  request: DaemonRequest,
  port: number
): Effect.Effect<Http.IncomingMessage, ConnectionFault, Scope.Scope> =>
  Effect.gen(function* () {
    const outgoing = yield* Effect.acquireRelease(
      Effect.sync(() =>
        Http.request({
          host: "localhost",
          port,
          method: request.method,
          path: pathBelow(request),
          headers: forwarded(request.headers)
        })
      ),
      (open) => Effect.sync(() => open.destroy())
    )
    const response = Effect.async<Http.IncomingMessage, ConnectionFault>((resume) => {
      outgoing.once("response", (incoming) => resume(Effect.succeed(incoming)))
      outgoing.on("error", () => resume(Effect.fail(reset())))
    })
    // A server that responds before it has read the whole body ends the upload.
    const upload = Stream.run(
      request.bytes,
      NodeSink.fromWritable(() => outgoing, reset)
    )
    return yield* Effect.raceFirst(response, Effect.zipRight(upload, Effect.never))
  })

// Path and query are forwarded as received, still encoded.
const pathBelow = ({ rawPath, rawQuery }: DaemonRequest) =>
  `/${rawPath.split("/").slice(3).join("/")}${rawQuery === "" ? "" : `?${rawQuery}`}`

/** Headers that concern a single connection rather than the message. */
const ofConnection = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "host"
])

const forwarded = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(headers).filter(([name]) => !ofConnection.has(name) && !name.startsWith("sec-websocket-"))
  )

const answer = (incoming: Http.IncomingMessage): HttpServerResponse.HttpServerResponse => {
  const { "set-cookie": cookies = [], ...others } = incoming.headers
  const headers = Object.fromEntries(
    Object.entries(others).flatMap(([name, value]) =>
      value === undefined || ofConnection.has(name) ? [] : [[name, Array.isArray(value) ? value.join(", ") : value]]
    )
  )
  const length = headers["content-length"]
  const body = NodeStream.fromReadable<ConnectionFault, Uint8Array>(() => incoming, reset)
  return HttpServerResponse.empty({ status: incoming.statusCode ?? 502, headers }).pipe(
    HttpServerResponse.setBody(
      HttpBody.stream(body, headers["content-type"], length === undefined ? undefined : Number(length))
    ),
    HttpServerResponse.mergeCookies(Cookies.fromSetCookie(cookies))
  )
}
