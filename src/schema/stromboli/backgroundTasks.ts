/** Switches off background tasks of Claude Code in the settings that are passed to it. */
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import { parsedJson } from "../jsonFields.js"

const variable = "CLAUDE_CODE_DISABLE_BACKGROUND_TASKS"

/**
 * The settings with background tasks switched off, unless they set the variable themselves; or what is wrong with them.
 */
export const withoutBackgroundTasks = (settings: string | undefined): Either.Either<string, string> => {
  const given = settings === undefined ? {} : parsedJson(settings)
  if (!Predicate.isRecord(given)) {
    return Either.left(
      `must be a JSON object, because ${variable} is added to its \`env\`; for a path or your own handling, set \`backgroundTasks: true\``
    )
  }
  const env = given["env"] ?? {}
  return Predicate.isRecord(env)
    ? Either.right(JSON.stringify({ ...given, env: { [variable]: "1", ...env } }))
    : Either.left("must have an `env` that is an object")
}
