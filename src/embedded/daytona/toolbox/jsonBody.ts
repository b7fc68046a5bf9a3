/** Reads JSON bodies as the daemon's validator does. */
import * as Effect from "effect/Effect"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import type { ConnectionFault } from "../../ConnectionFault.js"
import type { Refusal } from "./Refusal.js"
import type { DaemonRequest } from "./Route.js"

/** A required string, which must not be empty. */
export const requiredText = Schema.NonEmptyString

/** A string; absent and `null` are empty, as in Go. */
export const text = Schema.optionalWith(Schema.String, { nullable: true, default: () => "" })

export const flag = Schema.optionalWith(Schema.Boolean, { nullable: true, default: () => false })

/** A flag whose absence differs from `false`. */
export const optionalFlag = Schema.optionalWith(Schema.Boolean, { nullable: true })

export const integer = Schema.optionalWith(Schema.Int, { nullable: true, default: () => 0 })

export const texts = Schema.optionalWith(Schema.Array(Schema.String), { nullable: true, default: () => [] })

/**
 * Reads the JSON body of a request and ignores unknown members. `refuse` makes an error of the first problem, which
 * names its member.
 */
export const reader = <A, I>(
  schema: Schema.Schema<A, I>,
  refuse: (problem: string) => Refusal
): ((request: DaemonRequest) => Effect.Effect<A, Refusal | ConnectionFault>) => {
  const decode = Schema.decodeUnknown(schema)
  return ({ isEmpty, json }) =>
    Effect.flatMap(json, (body) =>
      body === undefined
        ? Effect.flatMap(isEmpty, (empty) => Effect.fail(refuse(empty ? "EOF" : "it is not JSON")))
        : Effect.mapError(decode(body), (error) => refuse(firstProblem(error)))
    )
}

/** How the daemon reports an invalid body. */
export const invalid = (problem: string): string => `invalid body request: invalid request body: ${problem}`

const firstProblem = (error: ParseResult.ParseError): string => {
  const problem = ParseResult.ArrayFormatter.formatErrorSync(error)[0]
  return problem === undefined ? "it is not what was expected" : `${problem.path.join(".")} ${problem.message}`.trim()
}
