/**
 * A response of undici as an `HttpClientResponse`, whose body is read from the connection at the pace of its reader.
 */
import { Buffer } from "node:buffer"
import * as Cookies from "@effect/platform/Cookies"
import * as Headers from "@effect/platform/Headers"
import { ResponseError } from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpIncomingMessage from "@effect/platform/HttpIncomingMessage"
import * as UrlParams from "@effect/platform/UrlParams"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Inspectable from "effect/Inspectable"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as boundedBody from "../../internal/boundedBody.js"
import type { TunedResponse } from "../../internal/transport.js"
import { joinBytes } from "../../stream/bytes.js"
import * as NextChunk from "../../stream/nextChunk.js"
import type { Exchange, ResponseHeaders, Whole } from "./exchange.js"

/** Closes the connection of a response that was never read and is garbage. */
const abandoned = new FinalizationRegistry<Exchange>((exchange) => exchange.abort())

export class UndiciResponse extends Inspectable.Class implements TunedResponse {
  readonly [HttpIncomingMessage.TypeId]: HttpIncomingMessage.TypeId = HttpIncomingMessage.TypeId
  readonly [HttpClientResponse.TypeId]: HttpClientResponse.TypeId = HttpClientResponse.TypeId
  readonly request: HttpClientRequest.HttpClientRequest
  readonly status: number
  readonly remoteAddress = Option.none<string>()
  readonly #exchange: Exchange
  readonly #received: ResponseHeaders
  #headers: Headers.Headers | undefined
  #bytes: Effect.Effect<Uint8Array, ResponseError> | undefined
  #claimed = false

  constructor(
    request: HttpClientRequest.HttpClientRequest,
    status: number,
    headers: ResponseHeaders,
    exchange: Exchange
  ) {
    super()
    this.request = request
    this.status = status
    this.#received = headers
    this.#exchange = exchange
    if (exchange.whole === undefined) abandoned.register(this, exchange, exchange)
  }

  /** Made when somebody looks: a call whose status says enough does not. */
  get headers(): Headers.Headers {
    this.#headers ??= singleValued(this.#received)
    return this.#headers
  }

  readBody<A, E>(limit: number, reader: boundedBody.BodyReader<A, E>): Effect.Effect<A, E> {
    const { whole } = this.#exchange
    // A body that is complete takes no wait.
    if (whole?._tag !== "bytes" || !this.#claim()) return boundedBody.read(this, limit, reader)
    const bytes = joinBytes(whole.parts)
    this.#bytes = Effect.succeed(bytes)
    return reader.onBody(boundedBody.fromBytes(bytes, limit))
  }

  get conclude(): Effect.Effect<void> {
    return Effect.async<void>((resume) => {
      this.#exchange.conclude(() => resume(Effect.void))
      return Effect.sync(() => this.#exchange.abort())
    })
  }

  abort(): void {
    this.#exchange.abort()
  }

  get cookies(): Cookies.Cookies {
    return Cookies.fromSetCookie(this.#received["set-cookie"] ?? [])
  }

  /** The body as it arrives. Who has claimed it reads it, and closes the connection. */
  get #next(): NextChunk.NextChunk<Uint8Array, ResponseError> {
    const next: NextChunk.NextChunk<Uint8Array, ResponseError> = Effect.suspend(() => {
      const available = this.#exchange.take()
      switch (available._tag) {
        case "bytes":
          return Effect.succeed(Chunk.unsafeFromArray(available.parts))
        case "end":
          return Effect.succeed(undefined)
        case "broken":
          return Effect.fail(this.#broken(available.cause))
        case "waiting":
          return Effect.async<Chunk.Chunk<Uint8Array> | undefined, ResponseError>((resume) =>
            this.#exchange.whenAvailable(() => resume(next))
          )
      }
    })
    return next
  }

  get content(): Effect.Effect<NextChunk.NextChunk<Uint8Array, ResponseError>> {
    return Effect.sync(() => (this.#claim() ? this.#next : Effect.fail(this.#hasBeenRead())))
  }

  get stream(): Stream.Stream<Uint8Array, ResponseError> {
    return Stream.suspend(() => {
      if (this.#bytes !== undefined) return Stream.fromEffect(this.#bytes)
      return this.#claim()
        ? Stream.ensuring(
            NextChunk.toStream(this.#next),
            Effect.sync(() => this.#exchange.abort())
          )
        : Stream.fail(this.#hasBeenRead())
    })
  }

  get text(): Effect.Effect<string, ResponseError> {
    return Effect.map(this.#whole, textOf)
  }

  get json(): Effect.Effect<unknown, ResponseError> {
    return Effect.flatMap(this.text, (text) => this.#decoded((): unknown => (text === "" ? null : JSON.parse(text))))
  }

  get urlParamsBody(): Effect.Effect<UrlParams.UrlParams, ResponseError> {
    return Effect.map(this.text, (text) => UrlParams.fromInput(new URLSearchParams(text)))
  }

  get formData(): Effect.Effect<FormData, ResponseError> {
    return Effect.flatMap(this.#whole, (bytes) =>
      Effect.tryPromise({
        try: () => new Response(new Blob([bytes.slice()]), { headers: this.headers }).formData(),
        catch: (cause) => this.#broken(cause)
      })
    )
  }

  get arrayBuffer(): Effect.Effect<ArrayBuffer, ResponseError> {
    return Effect.map(this.#whole, (bytes) => new Uint8Array(bytes).buffer)
  }

  toJSON(): unknown {
    return HttpIncomingMessage.inspect(this, {
      _id: "@effect/platform/HttpClientResponse",
      request: this.request.toJSON(),
      status: this.status
    })
  }

  get #whole(): Effect.Effect<Uint8Array, ResponseError> {
    return Effect.suspend(() => {
      if (this.#bytes !== undefined) return this.#bytes
      if (!this.#claim()) return Effect.fail(this.#hasBeenRead())
      const exchange = this.#exchange
      const read = () => {
        this.#bytes = this.#joined(exchange.whole)
        return this.#bytes
      }
      if (exchange.whole !== undefined) return read()
      return Effect.async<Uint8Array, ResponseError>((resume) => {
        exchange.whenWhole(() => resume(read()))
        return Effect.sync(() => exchange.abort())
      })
    })
  }

  #joined(whole: Whole | undefined): Effect.Effect<Uint8Array, ResponseError> {
    return whole?._tag === "bytes" ? Effect.succeed(joinBytes(whole.parts)) : Effect.fail(this.#broken(whole?.cause))
  }

  /** Claims the body, which can be read once. */
  #claim(): boolean {
    if (this.#claimed) return false
    this.#claimed = true
    abandoned.unregister(this.#exchange)
    return true
  }

  #decoded<A>(decode: () => A): Effect.Effect<A, ResponseError> {
    return Effect.try({ try: decode, catch: (cause) => this.#broken(cause) })
  }

  #hasBeenRead(): ResponseError {
    return this.#broken(new Error("The body has been read"))
  }

  #broken(cause: unknown): ResponseError {
    return new ResponseError({ request: this.request, response: this, reason: "Decode", cause })
  }
}

const byteOrderMark = "\uFEFF"

const textOf = (bytes: Uint8Array): string => {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()
  return text.startsWith(byteOrderMark) ? text.slice(1) : text
}

const singleValued = (headers: ResponseHeaders): Headers.Headers => {
  const record: Record<string, string> = {}
  for (const name in headers) {
    const value = headers[name]
    if (value !== undefined) record[name] = typeof value === "string" ? value : value.join(", ")
  }
  return Headers.unsafeFromRecord(record)
}
