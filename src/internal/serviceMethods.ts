/**
 * The methods of a service, as its users get them: what they take is checked before anything is sent, and those that
 * send more than one request have a span of their own.
 */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import * as Text from "effect/String"
import type { InvalidRequest } from "../errors/ApiError.js"
import type { System } from "../errors/RequestFailure.js"
import { type Parameters, refusalOf } from "./arguments.js"
import { withMethodSpans } from "./methodSpans.js"

type Table = Readonly<Record<string, Parameters>>

export interface ServiceMethods<Effects extends Table, Streams extends Table, Spans extends string> {
  /** What the methods take that return effects. */
  readonly effects: Effects
  /** What the methods take that return streams. */
  readonly streams?: Streams
  /** The methods that have a span, which covers what they send. */
  readonly spans: ReadonlyArray<Spans>
}

export const serviceMethods =
  <Effects extends Table, Streams extends Table = {}, Spans extends string = never>(
    system: System,
    service: string,
    { effects, spans, streams }: ServiceMethods<Effects, Streams, Spans>
  ) =>
  <Methods extends { readonly [Name in keyof Effects | keyof Streams | Spans]: unknown }>(
    methods: Methods
  ): Methods => {
    const checked = (table: Table, fail: (refused: InvalidRequest) => unknown) =>
      Object.fromEntries(
        Object.entries(table).map(([method, parameters]) => {
          const refusal = refusalOf(system, service, method, parameters)
          const run: unknown = Reflect.get(methods, method)
          const call = (...given: ReadonlyArray<unknown>): unknown => {
            const refused = refusal(given)
            if (refused !== undefined) return fail(refused)
            return Predicate.isFunction(run) ? Reflect.apply(run, methods, given) : run
          }
          return [method, call]
        })
      )
    return withMethodSpans(
      `${Text.capitalize(system)}.${service}`,
      { ...methods, ...checked(effects, Effect.fail), ...checked(streams ?? {}, Stream.fail) },
      spans
    )
  }
