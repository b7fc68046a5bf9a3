/** Options of the form `NAME=VALUE`. */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
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

/** A variable of this process. */
export const variable = (name: string): Effect.Effect<Option.Option<string>> =>
  Effect.orElseSucceed(Config.option(Config.string(name)), Option.none)

/** The variables of `--env`. They may be secrets, wherever they come from. */
export const environmentOf = (given: ReadonlyArray<string>) =>
  Effect.map(
    Effect.forEach(given, (each) =>
      Effect.gen(function* () {
        const own = each.includes("=") ? Option.none() : yield* variable(each)
        const [name, value] = yield* pairOf("--env", form, Option.isSome(own) ? `${each}=${own.value}` : each)
        return [name, Redacted.make(value)] as const
      })
    ),
    (pairs) => Object.fromEntries(pairs)
  )
