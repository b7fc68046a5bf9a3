/** The responses of the API, the proxy and the object storage. */
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import type * as Stream from "effect/Stream"
import type { ConnectionFault } from "../../ConnectionFault.js"
import { type HttpError, statusText } from "./HttpError.js"

type Response = HttpServerResponse.HttpServerResponse

/** A JSON body, as Express writes it. */
export const json = (status: number, body: unknown): Response =>
  HttpServerResponse.text(JSON.stringify(body), { status, contentType: "application/json; charset=utf-8" })

/** A status without a body. */
export const empty = (status: number): Response => HttpServerResponse.empty({ status })

/** An error of the API. */
export const error = (refusal: HttpError, about: { readonly url: string; readonly now: number }): Response =>
  json(refusal.status, {
    path: about.url,
    timestamp: new Date(about.now).toISOString(),
    statusCode: refusal.status,
    error: statusText(refusal.status),
    message: refusal.message
  }).pipe(HttpServerResponse.setHeaders(refusal.headers ?? {}))

/** An error of the proxy in front of the sandboxes, whose form differs from the API's. */
export const proxyError = (
  refusal: HttpError,
  about: { readonly url: string; readonly method: string; readonly now: number }
): Response =>
  json(refusal.status, {
    statusCode: refusal.status,
    message: refusal.message,
    code: proxyCodes[refusal.status],
    timestamp: new Date(about.now).toISOString(),
    path: about.url,
    method: about.method
  })

const proxyCodes: Readonly<Record<number, string>> = { 400: "BAD_REQUEST", 401: "UNAUTHORIZED", 404: "NOT_FOUND" }

/** The response to every path outside the API: the dashboard, with status 200. */
export const dashboard: Response = HttpServerResponse.text(
  '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Daytona</title></head><body><div id="root"></div></body></html>',
  { status: 200, contentType: "text/html; charset=UTF-8" }
)

/** An XML document of the object storage. */
export const xml = (status: number, document: string): Response =>
  HttpServerResponse.text(`<?xml version="1.0" encoding="UTF-8"?>\n${document}`, {
    status,
    contentType: "application/xml"
  })

/** A stream of raw bytes, such as a build log. */
export const bytes = (body: Stream.Stream<Uint8Array, ConnectionFault>): Response =>
  HttpServerResponse.raw(null).pipe(HttpServerResponse.setBody(HttpBody.stream(body, "application/octet-stream")))
