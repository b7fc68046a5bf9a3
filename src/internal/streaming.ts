/** A response that outlives its attempt: opened, read, and closed when its consumer is done, for whatever reason. */
import * as Channel from "effect/Channel"
import type * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import { type CallingFiber, endSpan } from "./observed.js"
import type { OperationMetrics } from "./telemetry.js"
import type { ClientTransport, StreamTransport } from "./transport.js"

export interface Streaming<Opened, E, A, E2> {
  readonly transport: ClientTransport
  readonly metrics: OperationMetrics
  /** From before the request to the end of the stream, where there are spans. */
  readonly span: (fiber: CallingFiber) => readonly [name: string, options: Tracer.SpanOptions] | undefined
  readonly open: (
    transport: StreamTransport,
    fiber: CallingFiber,
    span: Tracer.Span | undefined
  ) => Effect.Effect<Opened, E>
  readonly read: (opened: Opened) => Stream.Stream<A, E2>
}

export const streamed = <Opened, E, A, E2>({
  metrics,
  open,
  read,
  span: spanOf,
  transport
}: Streaming<Opened, E, A, E2>): Stream.Stream<A, E | E2> => {
  // A channel of one level: nesting, as by `Stream.unwrapScoped`, has a price for each chunk.
  const channelOf = (connection: StreamTransport, span: Tracer.Span | undefined, fiber: CallingFiber) => {
    const end = metrics.begin(fiber)
    let discount = () => {}
    const count = Effect.sync(() => {
      discount = metrics.open(fiber)
    })
    const finish = (exit: Exit.Exit<unknown, unknown>) =>
      Effect.sync(() => {
        discount()
        end(exit)
        if (span !== undefined) endSpan(span, fiber, exit)
      })
    return Channel.fromEffect(Effect.tap(open(connection, fiber, span), () => Effect.uninterruptible(count))).pipe(
      Channel.flatMap((opened) => Stream.toChannel(read(opened))),
      Channel.ensuringWith((exit) => Effect.zipRight(connection.close, finish(exit)))
    )
  }

  const withSpan = (connection: StreamTransport, span: Tracer.Span, fiber: CallingFiber) =>
    Channel.mapInputContext(channelOf(connection, span, fiber), (all: Context.Context<never>) =>
      Context.add(all, Tracer.ParentSpan, span)
    )

  return Effect.withFiberRuntime<Channel.Channel<Chunk.Chunk<A>, unknown, E | E2, unknown, unknown, unknown>>(
    (fiber) => {
      const span = spanOf(fiber)
      return span === undefined
        ? Effect.map(transport.forStream, (connection) => channelOf(connection, undefined, fiber))
        : Effect.zipWith(transport.forStream, Effect.makeSpan(...span), (connection, span) =>
            withSpan(connection, span, fiber)
          )
    }
  ).pipe(Channel.unwrap, Stream.fromChannel)
}
