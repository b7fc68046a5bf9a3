/** The responses of the server, by its families of errors. */
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import type * as Stream from "effect/Stream"
import type { ConnectionFault } from "../ConnectionFault.js"
import * as GoJson from "./go/json.js"

type Response = HttpServerResponse.HttpServerResponse

/** A JSON body, as gin writes it. */
export const json = (status: number, body: unknown): Response =>
  HttpServerResponse.text(GoJson.stringify(body), { status, contentType: "application/json; charset=utf-8" })

/** A plain-text body (error family E). */
export const text = (status: number, body: string): Response =>
  HttpServerResponse.text(body, { status, contentType: "text/plain; charset=utf-8" })

/** What Go's HTTP layer refuses closes the connection. */
const refusedByGo = (status: number, body: string): Response =>
  HttpServerResponse.setHeader(text(status, body), "connection", "close")

/** A path that cannot be decoded. */
export const malformed: Response = refusedByGo(400, "400 Bad Request")

/** More than a mebibyte of request line and headers. */
export const headersTooLarge: Response = refusedByGo(431, "431 Request Header Fields Too Large")

/** gin's response to an unknown route or method. */
export const routeNotFound: Response = HttpServerResponse.text("404 page not found", {
  status: 404,
  contentType: "text/plain"
})

/** Error family A: the body of a run with nothing but the error. */
export const runError = (status: number, error: string): Response => json(status, { id: "", status: "error", error })

/** Error family B. */
export const error = (status: number, message: string): Response => json(status, { error: message })

/** Error family C, with fields that identify the subject of the request. */
export const failure = (status: number, about: Readonly<Record<string, string>>, message: string): Response =>
  json(status, { success: false, ...about, error: message })

/** A server-sent event stream. Its headers are sent with the first chunk of the body, even if that is empty. */
export const events = (body: Stream.Stream<Uint8Array, ConnectionFault>): Response =>
  HttpServerResponse.raw(null, {
    headers: { "cache-control": "no-cache", connection: "keep-alive", "x-accel-buffering": "no" }
  }).pipe(HttpServerResponse.setBody(HttpBody.stream(body, "text/event-stream")))
