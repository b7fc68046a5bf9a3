/** Places that older daemons refuse, because they take 0 for a missing number. */
import type * as Effect from "effect/Effect"
import type { ApiError } from "../../../../errors/ApiError.js"
import { PositionRefused } from "../../../../errors/daytona/languageServer.js"
import { classifier } from "../classifyFailure.js"

interface Place {
  readonly line: number
  readonly character: number
}

/** A 400 without a word is the only sign of it; `unsaid` is what we say of one. */
export const orPositionRefused = ({ character, line }: Place, unsaid: string | undefined) => {
  const failing = classifier(({ fields, status, words }) =>
    status === 400 && words === unsaid && (line === 0 || character === 0)
      ? [
          new PositionRefused({
            ...fields,
            detail: undefined,
            line,
            character,
            message: `${fields.operation} of ${fields.subject} was refused: daemons up to 0.190 want the line and the character, counted from 0, to be at least 1`
          })
        ]
      : []
  )
  return <A>(effect: Effect.Effect<A, ApiError>): Effect.Effect<A, ApiError | PositionRefused> =>
    failing("PositionRefused")(effect)
}
