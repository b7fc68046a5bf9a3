/** The prompt of a command: an argument, or standard input. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { UsageError } from "../frame/failures.js"
import { readAll } from "../frame/stdin.js"

/** Reads the prompt. Without an argument and on a terminal, nobody would know that it is being waited for. */
export const promptOf = (given: Option.Option<string>): Effect.Effect<string, UsageError> =>
  Effect.gen(function* () {
    const argument = Option.getOrUndefined(given)
    if (argument !== undefined && argument !== "-") return argument
    if (argument === undefined && process.stdin.isTTY) {
      return yield* new UsageError({ message: "A prompt is missing: give it as an argument or on standard input" })
    }
    const text = (yield* readAll).trimEnd()
    return text === "" ? yield* new UsageError({ message: "The prompt on standard input is empty" }) : text
  })
