/** The RUN instruction. */
import * as Either from "effect/Either"
import { anyText, type Checked, each, jsonArray, problem } from "./text.js"

/** A shell command, or a program with its arguments, which is run without a shell. */
export type Command = string | ReadonlyArray<string>

/** One of ASCII, but no tab. */
const controlCharacter = /(?![\t\u0080-\u009f])\p{Cc}/u

/**
 * Whether Docker would not pass the command to the shell unchanged: it joins a line that ends with a backslash with the
 * next (and some parsers mishandle a leading one), reads `<<` as a here-document, and `["` as a JSON array.
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
      "must not begin with `--`, which Docker reads as an option of RUN; use `dockerfileCommands` instead"
    )
  }
  return Either.right(isMisread(command) ? `RUN ${jsonArray(["/bin/sh", "-c", command])}` : `RUN ${command}`)
}

export const runInstruction = (argument: string, command: Command): Checked<string> => {
  if (!Array.isArray(command)) {
    return Either.flatMap(anyText(argument, command), (value) => shellCommand(argument, value))
  }
  return Either.flatMap(each(argument, command, anyText), (words) =>
    words.length === 0 || words[0] === ""
      ? problem(argument, "must name a program")
      : Either.right(`RUN ${jsonArray(words)}`)
  )
}
