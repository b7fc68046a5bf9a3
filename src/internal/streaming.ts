/** A response that goes on for a while: opened, read, and closed, whatever happens in between. */
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Channel from "effect/Channel"
import type * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import { wholeAnswersOf } from "./bufferedResponse.js"
import * as leasedAnswer from "./connectionRelease.js"
import type { OperationMetrics } from "./telemetry.js"

type Http<R> = HttpClient.HttpClient.With<HttpClientError.HttpClientError, R>

export interface Streaming<Opened, E, A, E2> {
  readonly metrics: OperationMetrics
  /** From before the request to the end of the stream, where there are spans. */
  readonly span: readonly [name: string, options: Tracer.SpanOptions]
  /** Is to keep the response in the moment it has it. */
  readonly open: <R>(
    client: Http<R>,
    span: Tracer.Span | undefined,
    keep: (response: HttpClientResponse.HttpClientResponse) => void
  ) => Effect.Effect<Opened, E, R>
  readonly read: (opened: Opened) => Stream.Stream<A, E2>
}

/** A request under way, from before it is sent. */
interface Opening<Opened, E> {
  readonly opened: Effect.Effect<Opened, E>
  readonly close: Effect.Effect<void>
}

/** Makes streams of what is sent and how it is read. The connection closes when the consumer is done, whatever the reason. */
export const makeStreams = (http: HttpClient.HttpClient) => {
  const scopedHttp = HttpClient.withScope(http)
  const hasLeases = wholeAnswersOf(http) !== undefined

  const openingOf = <Opened, E>(
    open: Streaming<Opened, E, never, never>["open"],
    span: Tracer.Span | undefined
  ): Effect.Effect<Opening<Opened, E>> => {
    if (!hasLeases) {
      return Effect.map(Scope.make(), (scope) => ({
        opened: Scope.extend(
          open(scopedHttp, span, () => {}),
          scope
        ),
        close: Scope.close(scope, Exit.void)
      }))
    }
    let current: HttpClientResponse.HttpClientResponse | undefined
    const opened = open(http, span, (response) => {
      current = response
    })
    return Effect.succeed({ opened, close: Effect.sync(() => current && leasedAnswer.close(current)) })
  }

  return <Opened, E, A, E2>({
    metrics,
    open,
    read,
    span: [name, options]
  }: Streaming<Opened, E, A, E2>): Stream.Stream<A, E | E2> => {
    // A channel of one level: what is nested, as by `Stream.unwrapScoped`, costs something for each chunk.
    const channelOf = (
      opening: Opening<Opened, E>,
      finish: (exit: Exit.Exit<unknown, E | E2>) => Effect.Effect<void>
    ) => {
      let isCounted = false
      const count = Effect.suspend(() => {
        isCounted = true
        return metrics.stream(1)
      })
      const discount = Effect.suspend(() => (isCounted ? metrics.stream(-1) : Effect.void))
      return Channel.fromEffect(Effect.tap(opening.opened, () => Effect.uninterruptible(count))).pipe(
        Channel.flatMap((opened) => Stream.toChannel(read(opened))),
        Channel.ensuringWith((exit) => Effect.all([opening.close, discount, finish(exit)], { discard: true }))
      )
    }

    const withSpan = (span: Tracer.Span, fiber: Fiber.RuntimeFiber<unknown, unknown>) => {
      const clock = Context.get(fiber.currentDefaultServices, Clock.Clock)
      const isTimed = fiber.getFiberRef(FiberRef.currentTracerTimingEnabled)
      const end = (exit: Exit.Exit<unknown, unknown>) =>
        Effect.sync(() => span.end(isTimed ? clock.unsafeCurrentTimeNanos() : 0n, exit))
      return Effect.map(openingOf(open, span), (opening) =>
        Channel.mapInputContext(channelOf(opening, end), (all: Context.Context<never>) =>
          Context.add(all, Tracer.ParentSpan, span)
        )
      )
    }

    return Effect.withFiberRuntime<Channel.Channel<Chunk.Chunk<A>, unknown, E | E2, unknown, unknown, unknown>>(
      (fiber) =>
        fiber.getFiberRef(FiberRef.currentTracerEnabled)
          ? Effect.flatMap(Effect.makeSpan(name, options), (span) => withSpan(span, fiber))
          : Effect.map(openingOf(open, undefined), (opening) => channelOf(opening, () => Effect.void))
    ).pipe(Channel.unwrap, Stream.fromChannel)
  }
}
