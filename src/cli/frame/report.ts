/** What people, or programs with `--json`, are told about a failure. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { hasProperty, isNumber, isString } from "effect/Predicate"
import { exitCodeOf, exitCodes } from "./exitCodes.js"
import type { Failure } from "./failures.js"
import type { Output } from "./Output.js"
import { dim, json, red, type Text } from "./text.js"

const advice: Readonly<Record<string, string>> = {
  Unauthorized: "Check which server and credentials are used: effect-sandboxes doctor",
  TransportError: "Check which server is used: effect-sandboxes doctor. To try it without a server, add --embedded"
}

/** What `--verbose` adds: the fields of a request's error that are not in its message. */
const details = ["code", "operation", "method", "path", "status", "requestId", "attempts", "retryable", "admitted"]

const detailsOf = (failure: object): Text =>
  details.flatMap((name) => {
    const value = hasProperty(failure, name) ? failure[name] : undefined
    return isString(value) || isNumber(value) || typeof value === "boolean" ? [dim(`\n  ${name}: ${value}`)] : []
  })

const asJson = (failure: Failure, exitCode: number): string =>
  json({
    error: {
      _tag: failure._tag,
      ...Object.fromEntries(
        details.flatMap((name) =>
          hasProperty(failure, name) && failure[name] !== undefined ? [[name, failure[name]]] : []
        )
      ),
      message: failure.message,
      exitCode
    }
  })

/** Tells about a failure, and returns the exit code for it. */
export const report = (output: Output.Service, failure: Failure, cause: Cause.Cause<unknown>): Effect.Effect<number> =>
  Effect.gen(function* () {
    const exitCode = exitCodeOf(failure)
    if (exitCode === exitCodes.success || failure._tag === "Ended") return exitCode
    if (output.json) {
      yield* output.note(asJson(failure, exitCode))
    } else {
      const more = advice[failure._tag] ?? ""
      yield* output.note([red("error: "), failure.message, more === "" ? "" : `\n${more}`])
    }
    if (output.verbose) yield* output.note([detailsOf(failure), dim(`\n${Cause.pretty(cause)}`)])
    return exitCode
  })

/** A defect is a mistake of ours, and is shown with what its report needs. */
export const reportDefect = (output: Output.Service, cause: Cause.Cause<unknown>): Effect.Effect<number> =>
  Effect.as(
    output.note([
      red("error: "),
      "this is a bug of effect-sandboxes; please report it with the following.\n",
      dim(Cause.pretty(cause))
    ]),
    exitCodes.failure
  )

/** The failure of a cause that has one with a tag and a message. */
export const failureOf = (cause: Cause.Cause<unknown>): Option.Option<Failure> =>
  Option.filter(Cause.failureOption(cause), isFailure)

const isFailure = (value: unknown): value is Failure =>
  hasProperty(value, "_tag") && isString(value._tag) && hasProperty(value, "message") && isString(value.message)
