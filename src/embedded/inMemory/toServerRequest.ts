/** Converts a client's request to a server's. */
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/**
 * The request as the server receives it. If the stream of an upload fails, `uploadFailed` fails with the client's
 * error, because the handler only sees the bytes stop.
 */
export const toServerRequest = (
  request: HttpClientRequest.HttpClientRequest,
  url: URL,
  uploadFailed: Deferred.Deferred<never, HttpClientError.RequestError>
): Effect.Effect<HttpServerRequest.HttpServerRequest, HttpClientError.RequestError> =>
  Effect.gen(function* () {
    const body = yield* toWebBody(request, uploadFailed)
    const webRequest = yield* Effect.try({
      try: () => new Request(url, webInit(request, body)),
      catch: (cause) => new HttpClientError.RequestError({ request, reason: "Transport", cause })
    })
    return HttpServerRequest.fromWeb(webRequest).modify({ remoteAddress: "127.0.0.1" })
  })

// Node requires `duplex` for a streamed body, but the DOM types lack it.
const webInit = (
  request: HttpClientRequest.HttpClientRequest,
  body: BodyInit | null
): RequestInit & { readonly duplex?: "half" } => ({
  method: request.method,
  headers: request.headers,
  body,
  ...(body instanceof ReadableStream ? { duplex: "half" } : {})
})

const toWebBody = (
  request: HttpClientRequest.HttpClientRequest,
  uploadFailed: Deferred.Deferred<never, HttpClientError.RequestError>
): Effect.Effect<BodyInit | null, HttpClientError.RequestError> => {
  const body = request.body
  switch (body._tag) {
    case "Empty":
      return Effect.succeed(null)
    case "Uint8Array":
      return Effect.succeed(new Uint8Array(body.body))
    case "FormData":
      return Effect.succeed(body.formData)
    case "Raw":
      return isBodyInit(body.body)
        ? Effect.succeed(body.body)
        : Effect.fail(
            new HttpClientError.RequestError({ request, reason: "Encode", description: "unsupported raw body" })
          )
    case "Stream":
      return Effect.map(Effect.runtime(), (runtime) =>
        Stream.toReadableStreamRuntime(
          Stream.tapErrorCause(body.stream, (cause) =>
            Deferred.fail(uploadFailed, new HttpClientError.RequestError({ request, reason: "Transport", cause }))
          ),
          runtime,
          { strategy: new CountQueuingStrategy({ highWaterMark: 0 }) }
        )
      )
  }
}

const isBodyInit = (body: unknown): body is BodyInit =>
  typeof body === "string" ||
  body instanceof ReadableStream ||
  body instanceof Blob ||
  body instanceof FormData ||
  body instanceof URLSearchParams ||
  body instanceof ArrayBuffer ||
  ArrayBuffer.isView(body)
