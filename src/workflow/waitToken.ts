/** Tokens of waits: what somebody outside needs to wake one. */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { InvalidToken } from "./failures.js"

/** Which wait of which workflow. */
export interface Waiter {
  readonly workflowName: string
  readonly executionId: string
  readonly name: string
}

const Token = Schema.compose(
  Schema.StringFromBase64Url,
  Schema.parseJson(Schema.Tuple(Schema.String, Schema.String, Schema.String))
)
const encodeToken = Schema.encodeEither(Token)
const decodeToken = Schema.decodeUnknownEither(Token)

/** The token of a wait: letters, digits, `-` and `_`, so that it can be part of any URL. */
export const tokenOf = ({ executionId, name, workflowName }: Waiter): string =>
  Either.getOrElse(encodeToken([workflowName, executionId, name]), () => "")

export const waiterOf = (token: unknown): Either.Either<Waiter, InvalidToken> =>
  Either.mapBoth(decodeToken(token), {
    onLeft: () =>
      new InvalidToken({ message: "The token was not made by `effect-sandboxes/workflow`: nothing was done" }),
    onRight: ([workflowName, executionId, name]) => ({ workflowName, executionId, name })
  })
