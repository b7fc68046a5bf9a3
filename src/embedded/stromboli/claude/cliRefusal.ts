/** What the CLI prints instead of calling a model, because of how it was invoked. */
import type { RunInput } from "./ClaudeProcess.js"
import * as Script from "./Script.js"

const version = "2.1.332"

const help = `Usage: claude [options] [command] [prompt]

Claude Code - starts an interactive session by default, use -p/--print for
non-interactive output

Arguments:
  prompt                                            Your prompt

Options:
  -h, --help                                        Display help for command
  -v, --version                                     Output the version number`

/** The output of the CLI for an invocation that it does not answer; `undefined` if it does. */
export const refusalOf = (input: RunInput): Script.Output | undefined => {
  const { claude, history, prompt, resume, sessionId } = input
  switch (prompt) {
    case "-h":
    case "--help":
      return Script.says(...help.split("\n"))
    case "-v":
    case "--version":
      return Script.says(`${version} (Claude Code)`)
    case "--":
      return Script.exits(
        1,
        "Error: Input must be provided either through stdin or as a prompt argument when using --print"
      )
  }
  if (prompt.startsWith("-") && prompt.length > 1) {
    return Script.exits(1, ...`error: unknown option '${prompt}'`.split("\n"))
  }
  if (resume) return undefined
  if (claude.continue && !claude.fork_session) {
    return Script.exits(
      1,
      "Error: --session-id can only be used with --continue or --resume if --fork-session is also specified."
    )
  }
  return history.length === 0 ? undefined : Script.exits(1, `Error: Session ID ${sessionId} is already in use.`)
}
