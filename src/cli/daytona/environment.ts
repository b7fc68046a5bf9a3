/** Options of the form `NAME=VALUE`. */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { UsageError } from "../frame/failures.js"

/** Divides `NAME=VALUE` at its first `=`. */
export const pairOf = (
  flag: string,
  form: string,
  text: string
): Effect.Effect<readonly [string, string], UsageError> => {
  const at = text.indexOf("=")
  return at > 0
    ? Effect.succeed([text.slice(0, at), text.slice(at + 1)])
    : Effect.fail(new UsageError({ message: `${flag}: expected ${form}, got ${JSON.stringify(text)}` }))
}

/** Divides each, as an object. */
export const pairsOf = (flag: string, form: string, given: ReadonlyArray<string>) =>
  Effect.map(
    Effect.forEach(given, (each) => pairOf(flag, form, each)),
    (pairs) => Object.fromEntries(pairs)
  )

const form = "NAME=VALUE, or the NAME of a variable that is set here"

/** The variables of `--env`. They may be secrets, wherever they come from. */
export const environmentOf = (given: ReadonlyArray<string>) =>
  Effect.map(
    Effect.forEach(given, (each) => {
      const value = each.includes("=") ? undefined : process.env[each]
      return Effect.map(pairOf("--env", form, value === undefined ? each : `${each}=${value}`), ([name, plain]) => {
        return [name, Redacted.make(plain)] as const
      })
    }),
    (pairs) => Object.fromEntries(pairs)
  )
