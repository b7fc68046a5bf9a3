/** A response that outlives its attempt: opened, read, and closed when its consumer is done, for whatever reason. */
import * as Channel from "effect/Channel"
import type * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import type { OperationMetrics } from "./telemetry.js"
import type { ClientTransport, StreamTransport } from "./transport.js"

export interface Streaming<Opened, E, A, E2> {
  readonly transport: ClientTransport
  readonly metrics: OperationMetrics
  /** From before the request to the end of the stream, where there are spans. */
  readonly span: readonly [name: string, options: Tracer.SpanOptions]
  readonly open: (transport: StreamTransport, span: Tracer.Span | undefined) => Effect.Effect<Opened, E>
  readonly read: (opened: Opened) => Stream.Stream<A, E2>
}

export const streamed = <Opened, E, A, E2>({
  metrics,
  open,
  read,
  span: [name, options],
  transport
}: Streaming<Opened, E, A, E2>): Stream.Stream<A, E | E2> => {
  // A channel of one level: nesting, as by `Stream.unwrapScoped`, has a price for each chunk.
  const channelOf = (
    connection: StreamTransport,
    span: Tracer.Span | undefined,
    finish: (exit: Exit.Exit<unknown, E | E2>) => Effect.Effect<void>
  ) => {
    let isCounted = false
    const count = Effect.suspend(() => {
      isCounted = true
      return metrics.stream(1)
    })
    const discount = Effect.suspend(() => (isCounted ? metrics.stream(-1) : Effect.void))
    return Channel.fromEffect(Effect.tap(open(connection, span), () => Effect.uninterruptible(count))).pipe(
      Channel.flatMap((opened) => Stream.toChannel(read(opened))),
      Channel.ensuringWith((exit) => Effect.all([connection.close, discount, finish(exit)], { discard: true }))
    )
  }

  const withSpan = (connection: StreamTransport, span: Tracer.Span, fiber: Fiber.RuntimeFiber<unknown, unknown>) => {
    const clock = Context.get(fiber.currentDefaultServices, Clock.Clock)
    const isTimed = fiber.getFiberRef(FiberRef.currentTracerTimingEnabled)
    const end = (exit: Exit.Exit<unknown, unknown>) =>
      Effect.sync(() => span.end(isTimed ? clock.unsafeCurrentTimeNanos() : 0n, exit))
    return Channel.mapInputContext(channelOf(connection, span, end), (all: Context.Context<never>) =>
      Context.add(all, Tracer.ParentSpan, span)
    )
  }

  return Effect.withFiberRuntime<Channel.Channel<Chunk.Chunk<A>, unknown, E | E2, unknown, unknown, unknown>>(
    (fiber) =>
      fiber.getFiberRef(FiberRef.currentTracerEnabled)
        ? Effect.zipWith(transport.forStream, Effect.makeSpan(name, options), (connection, span) =>
            withSpan(connection, span, fiber)
          )
        : Effect.map(transport.forStream, (connection) => channelOf(connection, undefined, () => Effect.void))
  ).pipe(Channel.unwrap, Stream.fromChannel)
}
