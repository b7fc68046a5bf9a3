/**
 * Spans of methods that send more than one request, or none of their own name. A method that sends one request needs
 * none: the span of its operation is that of the method.
 */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"

type Attributes = Readonly<Record<string, unknown>>

const spanned = (value: unknown, name: string, attributes: Attributes): unknown => {
  const options = { attributes, captureStackTrace: false } as const
  if (Effect.isEffect(value)) return Effect.withSpan(value, name, options)
  return isStream(value) ? Stream.withSpan(value, name, options) : value
}

const isStream = (value: unknown): value is Stream.Stream<unknown, unknown, unknown> =>
  Predicate.hasProperty(value, Stream.StreamTypeId)

/**
 * The methods of a service, of which those that are named have a span for as long as their effect or stream runs. What
 * they send is below it, also what a scope sends when it closes. `service` begins with the system: `Daytona.Process`.
 */
export const withMethodSpans = <Methods extends object>(
  service: string,
  methods: Methods,
  names: ReadonlyArray<keyof Methods & string>,
  given: Attributes = {}
): Methods => {
  const [system = ""] = service.toLowerCase().split(".", 1)
  const attributes = { "effect_sandboxes.system": system, ...given }
  const changed = names.map((method) => {
    const name = `${service}.${method}`
    const value: unknown = methods[method]
    return [
      method,
      Predicate.isFunction(value)
        ? (...arguments_: ReadonlyArray<unknown>) =>
            spanned(Reflect.apply(value, methods, arguments_), name, attributes)
        : spanned(value, name, attributes)
    ] as const
  })
  return { ...methods, ...Object.fromEntries(changed) }
}
