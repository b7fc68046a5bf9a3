/** Tokens of waits: what somebody outside needs to end one. */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { InvalidToken } from "./failures.js"

/** Which wait of which workflow. */
export interface Waiter {
  readonly workflowName: string
  readonly executionId: string
  readonly name: string
}

/** What ends the wait. */
export type Kind = "wake" | "approval"

const Token = Schema.compose(
  Schema.StringFromBase64Url,
  Schema.parseJson(Schema.Tuple(Schema.String, Schema.String, Schema.String, Schema.String))
)
const encodeToken = Schema.encodeEither(Token)
const decodeToken = Schema.decodeUnknownEither(Token)

/** The token of a wait: letters, digits, `-` and `_`, so that it can be part of any URL. */
export const tokenOf = (kind: Kind, { executionId, name, workflowName }: Waiter): string =>
  Either.getOrElse(encodeToken([kind, workflowName, executionId, name]), () => "")

export const waiterOf = (kind: Kind, token: unknown): Either.Either<Waiter, InvalidToken> =>
  Either.gen(function* () {
    const [found, workflowName, executionId, name] = yield* Either.mapLeft(
      decodeToken(token),
      () => new InvalidToken({ message: "The token was not made by `effect-sandboxes/workflow`. Nothing was done" })
    )
    if (found === kind) return { workflowName, executionId, name }
    const what = { wake: "`DurableRun.wake`", approval: "`Approval.decide`" }[kind]
    return yield* Either.left(new InvalidToken({ message: `The token is not one for ${what}. Nothing was done` }))
  })
