/** The body of a request, as undici takes it. */
import { Readable } from "node:stream"
import type * as HttpBody from "@effect/platform/HttpBody"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Runtime from "effect/Runtime"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"

export interface RequestBody {
  readonly content: string | Uint8Array | Readable | null
  /** Where it is known only after encoding: the boundary of a form. */
  readonly contentType?: string
  /** Ends the source of the content. To be called when the exchange is over. */
  readonly release?: () => void
}

/** `undefined`: a raw body of an unsupported kind. The fiber of a stream has the span of the request as its parent. */
export const make = (
  body: HttpBody.HttpBody,
  caller: Fiber.RuntimeFiber<unknown, unknown>,
  span?: Tracer.Span
): RequestBody | undefined => {
  switch (body._tag) {
    case "Empty":
      return { content: null }
    case "Uint8Array":
      return { content: body.body }
    case "Stream":
      return streamed(readableOf(body.stream, runtimeOf(caller, span)))
    case "FormData": {
      // undici takes only its own form data; a `Response` encodes that of the platform.
      const encoded = new Response(body.formData)
      const contentType = encoded.headers.get("content-type")
      if (encoded.body === null || contentType === null) return undefined
      return { ...streamed(Readable.from(encoded.body)), contentType }
    }
    case "Raw":
      return raw(body.body)
  }
}

const streamed = (content: Readable): RequestBody => ({ content, release: () => content.destroy() })

const raw = (body: unknown): RequestBody | undefined => {
  if (body === null || body === undefined) return { content: null }
  if (typeof body === "string" || body instanceof Uint8Array) return { content: body }
  if (body instanceof Readable) return streamed(body)
  if (body instanceof Blob) return streamed(Readable.from(body.stream()))
  return body instanceof ReadableStream ? streamed(Readable.from(body)) : undefined
}

/** The services of the caller. Always interruptible. */
const runtimeOf = (
  caller: Fiber.RuntimeFiber<unknown, unknown>,
  span: Tracer.Span | undefined
): Runtime.Runtime<never> =>
  Runtime.make({
    context: span === undefined ? caller.currentContext : Context.add(caller.currentContext, Tracer.ParentSpan, span),
    fiberRefs: caller.getFiberRefs(),
    runtimeFlags: Runtime.defaultRuntimeFlags
  })

/** Its fiber runs while there is demand, and is interrupted when undici no longer needs the body. */
const readableOf = (stream: Stream.Stream<Uint8Array, unknown>, runtime: Runtime.Runtime<never>): Readable => {
  let end: ((then: () => void) => void) | undefined
  let isWanted = false
  let onWanted: (() => void) | undefined

  const wanted = Effect.async<void>((resume) => {
    if (isWanted) return resume(Effect.void)
    onWanted = () => resume(Effect.void)
  })
  const start = () => {
    const pushed = Stream.runForEachChunk(stream, (chunk) => {
      let hasRoom = true
      isWanted = false
      for (const bytes of chunk) if (bytes.length > 0) hasRoom = readable.push(bytes)
      return hasRoom ? Effect.void : wanted
    })
    const fiber = Runtime.runFork(runtime)(pushed)
    end = (then) => {
      fiber.addObserver(then)
      fiber.unsafeInterruptAsFork(FiberId.none)
    }
    fiber.addObserver((exit) => {
      if (Exit.isSuccess(exit)) readable.push(null)
      else if (!Cause.isInterruptedOnly(exit.cause)) readable.destroy(asError(Cause.squash(exit.cause)))
    })
  }
  const readable = new Readable({
    read() {
      isWanted = true
      if (end === undefined) start()
      const wake = onWanted
      onWanted = undefined
      wake?.()
    },
    destroy(error, callback) {
      if (end === undefined) callback(error)
      else end(() => callback(error))
    }
  })
  return readable
}

const asError = (failure: unknown): Error =>
  failure instanceof Error ? failure : new Error("The body failed", { cause: failure })
