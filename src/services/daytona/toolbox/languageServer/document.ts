/** Files and positions as the daemon takes them. */
import type * as Effect from "effect/Effect"
import type { ApiError } from "../../../../errors/ApiError.js"
import { PositionRefused } from "../../../../errors/daytona/languageServer.js"
import { classifyFailure } from "../classifyFailure.js"

/** Removes `.`, `..` and doubled slashes. */
const normalized = (path: string): string => {
  const parts: Array<string> = []
  for (const part of path.split("/")) {
    if (part === "..") parts.pop()
    else if (part !== "" && part !== ".") parts.push(part)
  }
  return `/${parts.join("/")}`
}

/**
 * The URI of a file; a relative path is relative to the project. The daemon opens what follows `file://` as it stands,
 * so nothing is percent-encoded; a URI is passed through.
 */
export const uriOf = (project: string, path: string): string =>
  path.startsWith("file://") ? path : `file://${normalized(path.startsWith("/") ? path : `${project}/${path}`)}`

interface Position {
  readonly line: number
  readonly character: number
}

/**
 * Older daemons refuse line 0 and character 0, which they take for missing numbers. The only sign of it is a 400
 * without a message, for which the client has put in `placeholder`.
 */
export const orPositionRefused = ({ character, line }: Position, placeholder: string | undefined) => {
  const classify = classifyFailure(({ detail, fields, status }) =>
    status === 400 && detail === placeholder && (line === 0 || character === 0)
      ? [
          new PositionRefused({
            ...fields,
            detail: undefined,
            line,
            character,
            message: `${fields.operation} of ${fields.subject} was refused: daemons up to 0.190 require the zero-based line and character to be at least 1`
          })
        ]
      : []
  )
  return <A>(effect: Effect.Effect<A, ApiError>): Effect.Effect<A, ApiError | PositionRefused> =>
    classify("PositionRefused")(effect)
}
