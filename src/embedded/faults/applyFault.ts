/** Applies a fault to a handler. */
import * as Headers from "@effect/platform/Headers"
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { ConnectionFault } from "../ConnectionFault.js"
import * as Fault from "./Fault.js"
import { endAfter, exceptSockets, inPieces, onSocket } from "./socketFaults.js"
import { withRepeatableBody } from "./withRepeatableBody.js"

type Response = HttpServerResponse.HttpServerResponse
type Answer<R> = Effect.Effect<Response, ConnectionFault, R>
type Bytes = Stream.Stream<Uint8Array, unknown>

const reset = new ConnectionFault({ kind: "reset" })
const encoder = new TextEncoder()

/** The response to a request with this fault. The handler runs unless the fault prevents it. */
export const applyFault = <R>(fault: Fault.Fault, handler: Answer<R>): Answer<R> =>
  Fault.match(fault, {
    Status: ({ body, contentType, headers, status }) =>
      Effect.succeed(statusResponse(status, headers, body, contentType)),
    Hang: () => Effect.never,
    RefuseConnection: () => Effect.fail(new ConnectionFault({ kind: "refused" })),
    ResetAfterRequest: () => Effect.zipRight(Effect.flatMap(handler, startBody), reset),
    SlowFirstByte: ({ delay }) => Effect.tap(handler, Effect.sleep(delay)),
    CutBody: ({ afterBytes, end }) =>
      Effect.map(
        handler,
        withBody((body) => cut(body, afterBytes, end))
      ),
    TruncatedJson: () => Effect.map(handler, firstHalf),
    ReplaceBody: ({ body, contentType }) => Effect.map(handler, replace(body, contentType)),
    OversizedBody: ({ bytes }) =>
      Effect.map(
        handler,
        withBody((body) => pad(body, bytes))
      ),
    OversizedLine: ({ bytes }) =>
      Effect.map(
        handler,
        onEvents((body) => Stream.concat(hugeEvent(bytes), body))
      ),
    DuplicateDelivery: () => Effect.map(handler, onEvents(Stream.flatMap((event) => Stream.make(event, event)))),
    ReplayRequest: () => exceptSockets(handler, replay(handler)),
    CutSocket: ({ afterBytes }) =>
      onSocket(
        handler,
        endAfter(afterBytes, (socket) => socket.terminate)
      ),
    CloseSocket: ({ afterBytes, code, reason }) =>
      onSocket(
        handler,
        endAfter(afterBytes, (socket) => socket.close(code, reason))
      ),
    ReframeSocket: ({ bytes }) => onSocket(handler, inPieces(bytes))
  })

// The first response is only started, which is enough to do its work.
const replay = <R>(handler: Answer<R>): Answer<R> =>
  withRepeatableBody((repeatable) =>
    Effect.zipRight(Effect.ignore(Effect.flatMap(repeatable(handler), startBody)), repeatable(handler))
  )

const statusResponse = (
  status: number,
  headers: Readonly<Record<string, string>> | undefined,
  body: string | undefined,
  contentType: string | undefined
): Response => {
  const options = { status, headers: headers ?? {} }
  return body === undefined
    ? HttpServerResponse.empty(options)
    : HttpServerResponse.text(body, { ...options, ...(contentType === undefined ? {} : { contentType }) })
}

// A streamed body does its work as it is read, so its beginning has to be read.
const startBody = (response: Response): Effect.Effect<void> =>
  response.body._tag === "Stream"
    ? Effect.ignore(Stream.runDrain(Stream.take(Stream.filter(response.body.stream, hasBytes), 1)))
    : Effect.void

const hasBytes = (part: Uint8Array) => part.length > 0

const bytesOf = (response: Response): Bytes => {
  switch (response.body._tag) {
    case "Stream":
      return response.body.stream
    case "Uint8Array":
      return Stream.make(response.body.body)
    default:
      return Stream.empty
  }
}

const contentTypeOf = (response: Response): string => response.headers["content-type"] ?? "application/octet-stream"

// The length may no longer be right, so the body is sent in chunks.
const withBody =
  (change: (body: Bytes) => Bytes) =>
  (response: Response): Response =>
    HttpServerResponse.empty({
      status: response.status,
      headers: Headers.remove(response.headers, "content-length")
    }).pipe(HttpServerResponse.setBody(HttpBody.stream(change(bytesOf(response)), contentTypeOf(response))))

const onEvents = (change: (body: Bytes) => Bytes): ((response: Response) => Response) => {
  const changed = withBody(change)
  return (response) => (contentTypeOf(response).startsWith("text/event-stream") ? changed(response) : response)
}

const cut = (body: Bytes, afterBytes: number, end: "reset" | "clean"): Bytes =>
  Stream.suspend(() => {
    let severed = afterBytes === 0
    const kept = Stream.mapAccum(body, afterBytes, (before, part) => {
      const head = part.subarray(0, before)
      const left = before - head.length
      return [left, { head, left }]
    }).pipe(
      Stream.takeUntil(({ left }) => {
        severed = left === 0
        return severed
      }),
      Stream.map(({ head }) => head)
    )
    const rest = Stream.suspend(() => (severed && end === "reset" ? Stream.fail(reset) : Stream.empty))
    return Stream.concat(severed ? Stream.empty : kept, rest)
  })

const firstHalf = (response: Response): Response =>
  response.body._tag === "Uint8Array"
    ? replace(response.body.body.subarray(0, Math.floor(response.body.body.length / 2)), undefined)(response)
    : response

const replace =
  (body: string | Uint8Array, contentType: string | undefined) =>
  (response: Response): Response =>
    HttpServerResponse.setBody(
      response,
      HttpBody.uint8Array(
        typeof body === "string" ? encoder.encode(body) : body,
        contentType ?? contentTypeOf(response)
      )
    )

const filler = encoder.encode("x".repeat(65_536))

const fill = (bytes: number): Stream.Stream<Uint8Array> =>
  Stream.unfold(bytes, (left) => {
    const part = filler.subarray(0, Math.max(0, left))
    return part.length === 0 ? Option.none() : Option.some([part, left - part.length] as const)
  })

const text = (content: string): Stream.Stream<Uint8Array> => Stream.make(encoder.encode(content))

const hugeEvent = (bytes: number): Bytes => text("data: ").pipe(Stream.concat(fill(bytes)), Stream.concat(text("\n\n")))

const pad = (body: Bytes, bytes: number): Bytes => {
  const padding = text('{"padding":"').pipe(Stream.concat(fill(bytes)), Stream.concat(text('",')))
  // The padding precedes the object's members, and includes its opening brace.
  const rest = Stream.map(body, (part) => (part[0] === openingBrace ? part.subarray(1) : part))
  return Stream.concat(padding, rest)
}

const openingBrace = 0x7b
