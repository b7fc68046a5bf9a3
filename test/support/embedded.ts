/**
 * The services of Stromboli over the embedded server, in memory: what a test needs to set it up, trouble it and look
 * into it.
 */
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as Tracer from "effect/Tracer"
import {
  Claude,
  EmbeddedStromboli,
  type Injection,
  type Options,
  type Run,
  Script
} from "../../src/embedded/stromboli/index.js"
import { Auth } from "../../src/services/stromboli/auth/Auth.js"
import { Execution } from "../../src/services/stromboli/execution/Execution.js"
import { Images } from "../../src/services/stromboli/Images.js"
import { Jobs } from "../../src/services/stromboli/Jobs.js"
import { Secrets } from "../../src/services/stromboli/Secrets.js"
import { StromboliClient } from "../../src/services/stromboli/StromboliClient.js"
import { System } from "../../src/services/stromboli/System.js"
import { Sessions } from "../../src/services/stromboli/sessions/Sessions.js"

export interface Setup {
  /** What answers the prompts; by default it says `You said: ` and the prompt. */
  readonly run?: Run
  readonly server?: Options
  readonly client?: Partial<StromboliClient.Options>
}

const echo: Run = (input) => Script.replies(input, `You said: ${input.prompt}`)

/** The embedded server under an `HttpClient`, with nothing of ours on top. */
export const server = ({ run = echo, server: options = {} }: Setup = {}) =>
  EmbeddedStromboli.layerHttpClient(options).pipe(Layer.provide(Claude.layerFrom(run)))

/** All services, the client and the server below them. */
export const services = (setup: Setup = {}) =>
  Layer.mergeAll(
    Auth.layer,
    Execution.layer,
    Images.layer,
    Jobs.layer,
    Secrets.layer,
    Sessions.layer,
    System.layer
  ).pipe(
    Layer.provideMerge(StromboliClient.layer({ baseUrl: "http://stromboli.test", ...setup.client })),
    Layer.provideMerge(server(setup))
  )

/** What came over the wire so far. */
export const requests = Effect.flatMap(EmbeddedStromboli, (embedded) => embedded.requests)

/** The same, as `METHOD /path`. */
export const lines = Effect.map(requests, (all) => all.map(({ method, path }) => `${method} ${path}`))

/** The JSON that the last request carried. */
export const lastBody = Effect.map(requests, (all): unknown => JSON.parse(all.at(-1)?.body ?? "null"))

export const clearRequests = Effect.flatMap(EmbeddedStromboli, (embedded) => embedded.clearRequests)

/** Makes the next answer that matches go wrong. */
export const inject = (injection: Injection) =>
  Effect.flatMap(EmbeddedStromboli, (embedded) => embedded.faults.inject(injection))

/** A process that prints its lines after a while. */
export const after = (duration: Duration.DurationInput, ...printed: ReadonlyArray<string>): Script.Output =>
  Stream.unwrap(Effect.as(Effect.sleep(duration), Script.says(...printed)))

/** Runs a program to its end while that much time passes, and tells how much of it the program took. */
export const timed =
  (duration: Duration.DurationInput) =>
  <A, E, R>(program: Effect.Effect<A, E, R>) =>
    Effect.gen(function* () {
      const start = yield* Clock.currentTimeMillis
      const fiber = yield* Effect.fork(
        Effect.flatMap(program, (result) =>
          Effect.map(Clock.currentTimeMillis, (end) => ({ result, waited: end - start }))
        )
      )
      yield* TestClock.adjust(duration)
      return yield* Fiber.join(fiber)
    })

/** Runs a program to its end while that much time passes. */
export const within =
  (duration: Duration.DurationInput) =>
  <A, E, R>(program: Effect.Effect<A, E, R>) =>
    Effect.map(timed(duration)(program), ({ result }) => result)

export const collect = <A, E, R>(stream: Stream.Stream<A, E, R>) =>
  Effect.map(Stream.runCollect(stream), Chunk.toReadonlyArray)

/** What a stream gave before it failed, and its failure. */
export const untilFailure = <A, E, R>(stream: Stream.Stream<A, E, R>) =>
  Effect.gen(function* () {
    const events: Array<A> = []
    const failure = yield* Effect.flip(Stream.runForEach(stream, (event) => Effect.sync(() => events.push(event))))
    return { events, failure }
  })

/** Runs a program and keeps every span that it makes: the SDK's own, and those of the HTTP client below. */
export const withSpans = <A, E, R>(program: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Effect.tracer, (tracer) => {
    const spans: Array<Tracer.Span> = []
    const recording = Tracer.make({
      context: tracer.context,
      span: (...about) => {
        const span = tracer.span(...about)
        spans.push(span)
        return span
      }
    })
    return Effect.map(Effect.withTracer(program, recording), (result) => ({ result, spans }))
  })

/** Everything that an exporter would see of spans, as text: of how they ended, only the failures. */
export const printedSpans = (spans: ReadonlyArray<Tracer.Span>): string =>
  JSON.stringify(
    spans.map(({ attributes, kind, name, status }) => ({
      name,
      kind,
      attributes: [...attributes],
      failure: status._tag === "Ended" && Exit.isFailure(status.exit) ? Cause.pretty(status.exit.cause) : ""
    }))
  )
