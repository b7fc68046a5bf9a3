/** Records spans, and compares them with the calls that made them. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import type * as Tracer from "effect/Tracer"
import { withSpans } from "./embedded.js"

/** Where a span is in a trace: the names from its root to it. */
export const pathOf = (span: Tracer.AnySpan): string => {
  if (span._tag === "ExternalSpan") return "external"
  const parent = Option.getOrUndefined(span.parent)
  return parent === undefined ? span.name : `${pathOf(parent)} > ${span.name}`
}

/** What a call left in the traces: its roots, and spans that have not ended. */
export const tracesOf = <E, R>(call: Effect.Effect<unknown, E, R>) =>
  Effect.map(withSpans(Effect.exit(call)), ({ result, spans }) => ({
    result,
    paths: spans.map(pathOf),
    roots: spans.filter(({ parent }) => Option.isNone(parent)).map(({ name }) => name),
    open: spans.filter(({ status }) => status._tag === "Started").map(pathOf)
  }))

const isMethod = (value: unknown): boolean =>
  Predicate.isFunction(value) || Effect.isEffect(value) || Predicate.hasProperty(value, Stream.StreamTypeId)

/** The names of the methods of a service, those of its parts as `mouse.click`. */
export const methodNames = (service: object): ReadonlyArray<string> =>
  Object.entries(service).flatMap(([name, value]) => {
    if (isMethod(value)) return [name]
    return Predicate.isRecord(value) ? methodNames(value).map((inner) => `${name}.${inner}`) : []
  })
