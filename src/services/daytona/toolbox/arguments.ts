/** The kinds of arguments that several services of a sandbox take. */
import * as Arguments from "../../../internal/arguments.js"

/** A command line, or a program and its arguments. */
export const command: Arguments.Shape = Arguments.textOr(Arguments.arrayOf(Arguments.text))

export const environment: Arguments.Shape = Arguments.recordOf(Arguments.textOrSecret)

/** The environment of a command. */
export const commandOptions: Arguments.Parameters = { cwd: Arguments.text, env: environment }

/** A text, an expression or a function that recognises a line. */
export const pattern: Arguments.Shape = Arguments.kind(
  (value) => typeof value === "string" || typeof value === "function" || value instanceof RegExp,
  "must be text, a regular expression or a function"
)
