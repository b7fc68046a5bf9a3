/**
 * Spans of methods that send more than one request, or none of their own name. A method that sends one request needs
 * none: the span of its operation is that of the method.
 */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"

const optionsOf = (name: string) => {
  const [system = ""] = name.split(".", 1)
  const words = system.replace(/\B[A-Z]/g, "-$&").toLowerCase()
  return { attributes: { "effect_sandboxes.system": words }, captureStackTrace: false } as const
}

/** The span of one call of a method, named `Daytona.Files.list`. */
export const inMethodSpan =
  (name: string) =>
  <A, E, R>(call: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.withSpan(call, name, optionsOf(name))

/** The same for a stream, for as long as it lasts. */
export const streamInMethodSpan =
  (name: string) =>
  <A, E, R>(call: Stream.Stream<A, E, R>): Stream.Stream<A, E, R> =>
    Stream.withSpan(call, name, optionsOf(name))

const spanned = (value: unknown, name: string): unknown => {
  if (Effect.isEffect(value)) return inMethodSpan(name)(value)
  return isStream(value) ? streamInMethodSpan(name)(value) : value
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
  names: ReadonlyArray<keyof Methods & string>
): Methods => {
  const changed = names.map((method) => {
    const name = `${service}.${method}`
    const value: unknown = methods[method]
    return [
      method,
      Predicate.isFunction(value)
        ? (...arguments_: ReadonlyArray<unknown>) => spanned(Reflect.apply(value, methods, arguments_), name)
        : spanned(value, name)
    ] as const
  })
  return { ...methods, ...Object.fromEntries(changed) }
}
