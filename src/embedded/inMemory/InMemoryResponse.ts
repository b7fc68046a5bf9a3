/** The client's side of a response in memory. */
import * as Cookies from "@effect/platform/Cookies"
import * as Headers from "@effect/platform/Headers"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpIncomingMessage from "@effect/platform/HttpIncomingMessage"
import * as UrlParams from "@effect/platform/UrlParams"
import * as Effect from "effect/Effect"
import * as Inspectable from "effect/Inspectable"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

type Body = Stream.Stream<Uint8Array, HttpClientError.ResponseError>

/** A response with a streamed body, which can be consumed once, in any form. */
export const make = (options: {
  readonly request: HttpClientRequest.HttpClientRequest
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: (response: HttpClientResponse.HttpClientResponse) => Body
}): Effect.Effect<HttpClientResponse.HttpClientResponse> =>
  Effect.gen(function* () {
    const response: InMemoryResponse = new InMemoryResponse(
      options.request,
      options.status,
      Headers.fromInput(options.headers),
      Stream.suspend(() => options.body(response)),
      yield* Effect.cached(Effect.suspend(() => collect(response.stream)))
    )
    return response
  })

class InMemoryResponse extends Inspectable.Class implements HttpClientResponse.HttpClientResponse {
  readonly [HttpIncomingMessage.TypeId]: HttpIncomingMessage.TypeId = HttpIncomingMessage.TypeId
  readonly [HttpClientResponse.TypeId]: HttpClientResponse.TypeId = HttpClientResponse.TypeId
  readonly remoteAddress = Option.none<string>()
  readonly request: HttpClientRequest.HttpClientRequest
  readonly status: number
  readonly headers: Headers.Headers
  readonly stream: Body
  readonly bytes: Effect.Effect<Uint8Array<ArrayBuffer>, HttpClientError.ResponseError>

  constructor(
    request: HttpClientRequest.HttpClientRequest,
    status: number,
    headers: Headers.Headers,
    stream: Body,
    bytes: Effect.Effect<Uint8Array<ArrayBuffer>, HttpClientError.ResponseError>
  ) {
    super()
    this.request = request
    this.status = status
    this.headers = headers
    this.stream = stream
    this.bytes = bytes
  }

  get cookies(): Cookies.Cookies {
    const header = this.headers["set-cookie"]
    return header === undefined ? Cookies.empty : Cookies.fromSetCookie(header)
  }

  get arrayBuffer() {
    return Effect.map(this.bytes, (bytes) => bytes.buffer)
  }

  get text() {
    return Effect.map(this.bytes, (bytes) => new TextDecoder().decode(bytes))
  }

  get json(): Effect.Effect<unknown, HttpClientError.ResponseError> {
    return Effect.flatMap(this.text, (text) => this.decode((): unknown => (text === "" ? null : JSON.parse(text))))
  }

  get urlParamsBody() {
    return Effect.flatMap(this.text, (text) => this.decode(() => UrlParams.fromInput(new URLSearchParams(text))))
  }

  get formData(): Effect.Effect<FormData, HttpClientError.ResponseError> {
    return Effect.flatMap(this.bytes, (bytes) =>
      Effect.tryPromise({
        try: () => new Response(bytes, { headers: this.headers }).formData(),
        catch: (cause) => this.decodeError(cause)
      })
    )
  }

  private decode<A>(evaluate: () => A): Effect.Effect<A, HttpClientError.ResponseError> {
    return Effect.try({ try: evaluate, catch: (cause) => this.decodeError(cause) })
  }

  private decodeError(cause: unknown): HttpClientError.ResponseError {
    return new HttpClientError.ResponseError({ request: this.request, response: this, reason: "Decode", cause })
  }

  override toJSON(): unknown {
    return {
      _id: "@effect/platform/HttpClientResponse",
      request: this.request.toJSON(),
      status: this.status,
      headers: Inspectable.redact(this.headers)
    }
  }
}

const collect = (body: Body): Effect.Effect<Uint8Array<ArrayBuffer>, HttpClientError.ResponseError> =>
  Effect.map(
    Stream.runFold(body, { parts: Array.of<Uint8Array>(), length: 0 }, (collected, part) => {
      collected.parts.push(part)
      return { parts: collected.parts, length: collected.length + part.length }
    }),
    ({ length, parts }) => {
      const bytes = new Uint8Array(length)
      let offset = 0
      for (const part of parts) {
        bytes.set(part, offset)
        offset += part.length
      }
      return bytes
    }
  )
