/** The frame of every handler: it says what is wrong with the arguments, and keeps its failure within its bounds. */
import type * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { describeParseError } from "../internal/failure.js"
import { InvalidArguments, type ToolFailure } from "./ToolFailure.js"

const exactly = { onExcessProperty: "error" } as const

export const handler = <A, I, Success, R>(
  { parameters }: { readonly parameters: Schema.Schema<A, I> },
  run: (given: A) => Effect.Effect<Success, ToolFailure, R>
): ((given: unknown) => Effect.Effect<Success, ToolFailure, R>) => {
  const decode = Schema.decodeUnknownEither(parameters, exactly)
  return (given) =>
    Either.match(decode(given), {
      onLeft: (error) => {
        const { expected, field } = describeParseError(error)
        return new InvalidArguments({
          ...(field === "" ? {} : { argument: field }),
          message: `Nothing was done: ${field === "" ? "the arguments" : `\`${field}\``} ${expected}.`
        })
      },
      onRight: run
    })
}
