/** Commands that run during the build. */
import * as Either from "effect/Either"
import { anyText, type Checked, each, jsonArray, problem } from "./text.js"

/** A shell command, or a program with its arguments, which no shell looks at. */
export type Command = string | ReadonlyArray<string>

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const controlCharacter = /[\0-\x08\x0a-\x1f\x7f]/

/**
 * Docker reads some commands as something else than a command for the shell: it joins a line that ends with a backslash
 * with the next one (some parsers stumble over one at the beginning too), takes `<<` for the beginning of a document, and `["` for that of a list of words.
 */
const isMisread = (command: string): boolean =>
  controlCharacter.test(command) ||
  command.includes("<<") ||
  command.startsWith("\\") ||
  command.endsWith("\\") ||
  /^\[\s*["\]]/.test(command)

const shellCommand = (argument: string, value: string): Checked<string> => {
  const command = value.trim()
  if (command === "") return problem(argument, "must not be empty")
  if (command.startsWith("--")) {
    return problem(
      argument,
      "must not begin with `--`, which Docker reads as an option of RUN; use `dockerfileCommands`"
    )
  }
  return Either.right(isMisread(command) ? `RUN ${jsonArray(["/bin/sh", "-c", command])}` : `RUN ${command}`)
}

export const runInstruction = (argument: string, command: Command): Checked<string> => {
  if (!Array.isArray(command))
    return Either.flatMap(anyText(argument, command), (value) => shellCommand(argument, value))
  return Either.flatMap(each(argument, command, anyText), (words) =>
    words.length === 0 || words[0] === ""
      ? problem(argument, "must name a program")
      : Either.right(`RUN ${jsonArray(words)}`)
  )
}
