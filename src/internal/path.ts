/** Fills in path templates, so that no parameter changes the structure of the path. */
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"

/** A parameter that is invalid in a path, and why. */
export interface InvalidParameter {
  readonly field: string
  readonly problem: string
}

const hole = /\{(\w+)\}/g

const problemOf = (value: unknown, slash: SlashRule): string | undefined => {
  if (typeof value !== "string") return "must be text"
  if (value === "") return "must not be empty"
  // Percent-encoding does not change dots, and URL parsers would resolve them.
  if (value === "." || value === "..") return `must not be "${value}"`
  if (value.includes("\0")) return "must not contain a NUL character"
  if (slash === "refuse" && value.includes("/")) {
    return 'must not contain "/": the server splits the decoded path at it, so such a name cannot be reached'
  }
  return undefined
}

/** `refuse`: this server cannot route a parameter with a slash, encoded or not. */
export type SlashRule = "encode" | "refuse"

/** Fills the holes of `/jobs/{id}`, percent-encoding each parameter. */
export const render = (
  template: string,
  parameters: Readonly<Record<string, string | Redacted.Redacted>>,
  slash: SlashRule
): Either.Either<string, InvalidParameter> => {
  let invalid: InvalidParameter | undefined
  const path = template.replace(hole, (_, field: string) => {
    const given = parameters[field] ?? ""
    const value = Redacted.isRedacted(given) ? Redacted.value(given) : given
    const problem = problemOf(value, slash)
    if (problem !== undefined) {
      invalid ??= { field, problem }
      return ""
    }
    if (!isWellFormed(value)) {
      invalid ??= { field, problem: notWellFormed }
      return ""
    }
    return encodeURIComponent(value)
  })
  return invalid === undefined ? Either.right(path) : Either.left(invalid)
}

const loneSurrogate = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/

export const notWellFormed = "must be well-formed text (it holds half of a surrogate pair)"

/** `encodeURIComponent` throws on half a surrogate pair, and a query would replace it. */
export const isWellFormed = (text: string): boolean => !loneSurrogate.test(text)
