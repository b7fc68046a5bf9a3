/** What the layers of places take: variables and paths that a process can be started with. */
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Arguments from "../internal/arguments.js"

const hasNul = (value: unknown): boolean => {
  const text = Redacted.isRedacted(value) ? Redacted.value(value) : value
  return Predicate.isString(text) && text.includes("\0")
}

/** One word of a command line, or a path. */
export const word: Arguments.Shape = Arguments.kind(
  (value) => Predicate.isString(value) && value !== "" && !hasNul(value),
  "must be text, not empty and without a NUL character"
)

const value: Arguments.Shape = (given, field) =>
  Arguments.textOrSecret(given, field) ??
  (hasNul(given) ? { field, problem: "must not contain a NUL character" } : undefined)

/** Variables by name, some of which may be secret. */
const variables =
  (isName: (name: string) => boolean, problem: string): Arguments.Shape =>
  (given, field) => {
    const found = Arguments.recordOf(value)(given, field)
    if (found !== undefined || !Predicate.isRecord(given)) return found
    const name = Object.keys(given).find((each) => !isName(each))
    return name === undefined ? undefined : { field: `${field}.${name}`, problem }
  }

export const environment = variables(
  (name) => /^[^=\0]+$/.test(name),
  "must be the name of a variable, without `=` and NUL"
)

/** What a shell can export. */
export const shellEnvironment = variables(
  (name) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name),
  "must be a name of letters, digits and `_` that does not begin with a digit"
)
