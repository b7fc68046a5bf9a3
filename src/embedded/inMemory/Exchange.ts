/** One request in memory: runs the app in a fiber of its own and pulls its response. */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { ConnectionFault } from "../ConnectionFault.js"

/** The head of a response. As with a socket, it is available once the first byte of the body is. */
export interface Head {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** The whole body if the app has it at once; `None` if it has to be pulled. */
  readonly body: Option.Option<Uint8Array>
}

/** The next bytes of a body, or `None` at its end. */
export type Pull = Effect.Effect<Chunk.Chunk<Uint8Array>, Option.Option<ConnectionFault>>

/** A request in progress. The server's side is a separate fiber, as it would be across a network. */
export interface Exchange {
  readonly fiber: Fiber.RuntimeFiber<void>
  readonly head: Deferred.Deferred<Head, ConnectionFault>
  /** Requests more of the body; the server produces nothing in advance. */
  readonly pull: Pull
  /** Closes the connection: interrupts the server's side and waits for it to end. */
  readonly disconnect: Effect.Effect<void>
}

type Demand = Deferred.Deferred<Chunk.Chunk<Uint8Array>, Option.Option<ConnectionFault>>

const reset = new ConnectionFault({ kind: "reset" })
const pullReset: Pull = Effect.fail(Option.some(reset))
const pullEnd: Pull = Effect.fail(Option.none())
const noBytes = new Uint8Array(0)

/** Runs the app in a fiber that inherits the caller's runtime but is interruptible. */
export const start = (
  app: HttpApp.Default<ConnectionFault, Scope.Scope>,
  request: HttpServerRequest.HttpServerRequest
): Effect.Effect<Exchange> =>
  Effect.gen(function* () {
    const head = yield* Deferred.make<Head, ConnectionFault>()
    const demands = yield* Queue.unbounded<Demand>()
    let ended = false
    const hangUp = Effect.suspend(() => {
      ended = true
      return Effect.zipRight(
        Deferred.fail(head, reset),
        Effect.flatMap(
          Queue.takeAll(demands),
          Effect.forEach((demand) => Deferred.complete(demand, pullReset), { discard: true })
        )
      )
    })
    const serve = Effect.scoped(serverSide(app, request, head, demands)).pipe(
      Effect.provideService(HttpServerRequest.HttpServerRequest, request),
      Effect.ensuring(hangUp)
    )
    const fiber = yield* Effect.forkDaemon(Effect.interruptible(serve))
    const pull = Effect.suspend(() => {
      if (ended) return pullReset
      const demand: Demand = Deferred.unsafeMake(fiber.id())
      return Effect.zipRight(Queue.offer(demands, demand), Deferred.await(demand))
    })
    return { fiber, head, pull, disconnect: Effect.asVoid(Fiber.interrupt(fiber)) }
  })

const serverSide = (
  app: HttpApp.Default<ConnectionFault, Scope.Scope>,
  request: HttpServerRequest.HttpServerRequest,
  head: Deferred.Deferred<Head, ConnectionFault>,
  demands: Queue.Dequeue<Demand>
) =>
  Effect.gen(function* () {
    const answer = yield* Effect.exit(app)
    if (Exit.isFailure(answer)) {
      yield* Deferred.complete(head, headOfFailure(answer.cause))
      return
    }
    const response = answer.value
    const finish = (body: Uint8Array) =>
      Deferred.succeed(head, { status: response.status, headers: response.headers, body: Option.some(body) })
    if (request.method === "HEAD" || response.body._tag === "Empty") {
      yield* finish(noBytes)
      return
    }
    if (response.body._tag === "Uint8Array") {
      yield* finish(response.body.body)
      return
    }
    const parts = yield* pullBody(response)
    const first = yield* Effect.exit(parts)
    const fault = Option.flatMap(Exit.causeOption(first), (cause) => Option.flatten(Cause.failureOption(cause)))
    if (Option.isSome(fault)) {
      yield* Deferred.fail(head, fault.value)
      return
    }
    yield* Deferred.succeed(head, { status: response.status, headers: response.headers, body: Option.none() })
    yield* answerDemands(demands, first, parts)
  })

// A defect in a handler corresponds to a panic of the real server: an empty 500. An interrupted handler resets the
// connection.
const headOfFailure = (cause: Cause.Cause<ConnectionFault>): Effect.Effect<Head, ConnectionFault> =>
  Option.match(Cause.failureOption(cause), {
    onSome: (fault) => Effect.fail(fault),
    onNone: () =>
      Cause.isInterruptedOnly(cause)
        ? Effect.fail(reset)
        : Effect.succeed({ status: 500, headers: {}, body: Option.some(noBytes) })
  })

const pullBody = (response: HttpServerResponse.HttpServerResponse): Effect.Effect<Pull, never, Scope.Scope> =>
  Effect.map(Stream.toPull(streamBody(response)), (pull) =>
    Effect.catchAllCause(pull, (cause) =>
      Option.match(Cause.failureOption(cause), {
        onNone: () => pullReset,
        onSome: (end) => (Option.isNone(end) ? pullEnd : pullReset)
      })
    )
  )

const streamBody = (response: HttpServerResponse.HttpServerResponse): Stream.Stream<Uint8Array, unknown> => {
  if (response.body._tag === "Stream") return response.body.stream
  const body = HttpServerResponse.toWeb(response).body
  return body === null
    ? Stream.empty
    : Stream.fromReadableStream(
        () => body,
        (cause) => cause
      )
}

const answerDemands = (
  demands: Queue.Dequeue<Demand>,
  first: Exit.Exit<Chunk.Chunk<Uint8Array>, Option.Option<ConnectionFault>>,
  parts: Pull
) =>
  Effect.gen(function* () {
    let next: Pull = first
    while (true) {
      const demand = yield* Queue.take(demands)
      const part = yield* Effect.exit(skipEmpty(next, parts)).pipe(
        Effect.onInterrupt(() => Deferred.complete(demand, pullReset))
      )
      yield* Deferred.done(demand, part)
      if (Exit.isFailure(part)) return
      next = parts
    }
  })

// A handler flushes its headers with an empty chunk, which clients never receive.
const skipEmpty = (pull: Pull, parts: Pull): Pull =>
  Effect.flatMap(pull, (chunk) => {
    const bytes = Chunk.filter(chunk, (part) => part.length > 0)
    return Chunk.isEmpty(bytes) ? Effect.suspend(() => skipEmpty(parts, parts)) : Effect.succeed(bytes)
  })
