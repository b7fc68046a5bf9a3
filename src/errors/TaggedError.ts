/** Classes of errors without a stack. */
import { NodeInspectSymbol } from "effect/Inspectable"
import * as Schema from "effect/Schema"

/**
 * Constructs without the frames of the stack. They would be ours and those of Effect: a caller is not on the stack of
 * the fiber that fails. `Cause.pretty` prints the message, and in place of frames the spans of the operation and of the
 * program around it. Not collecting frames is also cheaper.
 */
const withoutFrames = <T>(errors: T): T =>
  typeof errors === "function"
    ? new Proxy(errors, {
        construct: (target, given, created) => {
          const limit = Error.stackTraceLimit
          Error.stackTraceLimit = 0
          try {
            return Reflect.construct(target, given, created)
          } finally {
            Error.stackTraceLimit = limit
          }
        }
      })
    : errors

/**
 * Shown as Node shows errors. Effect answers that an error is shown as itself, which the assertions of Vitest repeat
 * until the stack overflows if it has a span.
 */
const shownInAssertions = <T>(errors: T): T => {
  if (typeof errors === "function") {
    Object.defineProperty(errors.prototype, NodeInspectSymbol, { value: shown, configurable: true })
  }
  return errors
}

function shown(
  this: Error,
  _depth: unknown,
  options?: unknown,
  inspect?: (value: unknown, options: unknown) => string
) {
  return inspect === undefined ? this : `[${this.name}: ${this.message}] ${inspect({ ...this }, options)}`
}

/** As `Schema.TaggedError`, whose errors have no frames. */
export const TaggedError =
  <Self = never>(identifier: string) =>
  <Tag extends string, Fields extends Schema.Struct.Fields>(tag: Tag, fields: Fields) =>
    withoutFrames(shownInAssertions(Schema.TaggedError<Self>(identifier)(tag, fields)))
