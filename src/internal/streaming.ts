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
  readonly read: (opened: Opened, span: Tracer.Span | undefined) => Output<A, E2>
}

type Output<A, E> = Channel.Channel<Chunk.Chunk<A>, unknown, E, unknown, unknown, unknown>

/** A channel of one level: nesting, as by `Stream.unwrapScoped`, has a price for each chunk. */
export const streamed = <Opened, E, A, E2>(subject: Streaming<Opened, E, A, E2>): Stream.Stream<A, E | E2> =>
  Stream.fromChannel(
    Channel.suspend(() => {
      const call = new StreamedCall(subject)
      return Channel.ensuringWith(
        Channel.flatMap(Channel.fromEffect(call.open), (opened) => subject.read(opened, call.span)),
        (exit) => call.close(exit)
      )
    })
  )

/** What effects of the reader run in is below the span. */
export const inSpan = <A, E>(stream: Stream.Stream<A, E>, span: Tracer.Span | undefined): Output<A, E> =>
  span === undefined
    ? Stream.toChannel(stream)
    : Channel.mapInputContext(Stream.toChannel(stream), (all: Context.Context<never>) =>
        Context.add(all, Tracer.ParentSpan, span)
      )

class StreamedCall<Opened, E, A, E2> {
  readonly #subject: Streaming<Opened, E, A, E2>
  span: Tracer.Span | undefined
  #fiber: CallingFiber | undefined
  #connection: StreamTransport | undefined
  #count: ((exit: Exit.Exit<unknown, unknown>) => void) | undefined
  #discount: (() => void) | undefined

  constructor(subject: Streaming<Opened, E, A, E2>) {
    this.#subject = subject
  }

  get open(): Effect.Effect<Opened, E> {
    const { metrics, span: spanOf, transport } = this.#subject
    return Effect.withFiberRuntime<Opened, E>((fiber) => {
      this.#fiber = fiber
      this.#count = metrics.begin(fiber)
      const options = spanOf(fiber)
      return Effect.flatMap(transport.forStream, (connection) => {
        this.#connection = connection
        return options === undefined
          ? this.#opened(connection, fiber)
          : Effect.flatMap(Effect.makeSpan(...options), (span) => {
              this.span = span
              return this.#opened(connection, fiber)
            })
      })
    })
  }

  #opened(connection: StreamTransport, fiber: CallingFiber): Effect.Effect<Opened, E> {
    return Effect.map(this.#subject.open(connection, fiber, this.span), (opened) => {
      this.#discount = this.#subject.metrics.open(fiber)
      return opened
    })
  }

  close(exit: Exit.Exit<unknown, unknown>): Effect.Effect<void> {
    return Effect.zipRight(
      this.#connection?.close ?? Effect.void,
      Effect.sync(() => {
        this.#discount?.()
        this.#count?.(exit)
        if (this.span !== undefined && this.#fiber !== undefined) endSpan(this.span, this.#fiber, exit)
      })
    )
  }
}
