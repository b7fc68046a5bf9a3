/** What no process can be started with. */
import type { RunInput } from "./claude/ClaudeProcess.js"
import { commandLine } from "./claude/cliArguments.js"

/** Linux limits a single argument, with the byte that ends it, and all arguments together. */
const longestArgument = 131_072
const longestCommand = 2_097_152

/**
 * Why the process of a run cannot be started, in Go's words; `undefined` if it can. With hooks, everything is one
 * argument, a command for a shell; and again with a workdir, for the shell that creates it.
 */
export const spawnFailure = (input: RunInput, hooks: ReadonlyArray<string>): string | undefined => {
  const claude = ["claude", ...commandLine(input.claude, input)]
  const hooked = hooks.length === 0 ? claude : ["sh", "-c", [...hooks, shellCommand(claude)].join(" && ")]
  const words =
    input.workdir === "" ? hooked : ["sh", "-c", `mkdir -p ${quoted(input.workdir)} && exec ${shellCommand(hooked)}`]
  if (words.some((word) => word.includes("\0"))) return "fork/exec /usr/bin/podman: invalid argument"
  const lengths = words.map((word) => Buffer.byteLength(word) + 1)
  const isTooLong =
    lengths.some((length) => length > longestArgument) || lengths.reduce((a, b) => a + b, 0) > longestCommand
  return isTooLong ? "fork/exec /usr/bin/podman: argument list too long" : undefined
}

const shellCommand = (words: ReadonlyArray<string>): string => words.map(quoted).join(" ")

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`
