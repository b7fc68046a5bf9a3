/** What the CLI prints instead of calling a model, because of how it was invoked. */
import type { RunInput } from "./ClaudeProcess.js"
import * as Script from "./Script.js"
import * as StreamJson from "./StreamJson.js"

const version = "2.1.332"

const help = `Usage: claude [options] [command] [prompt]

Claude Code - starts an interactive session by default, use -p/--print for
non-interactive output

Arguments:
  prompt                                            Your prompt

Options:
  -h, --help                                        Display help for command
  -v, --version                                     Output the version number`

const isUuid = (id: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)

/** The output of the CLI for an invocation that it does not answer; `undefined` if it does. */
export const refusalOf = (
  input: RunInput,
  session: { readonly hasBegun: boolean; readonly canResume: boolean }
): Script.Output | undefined => {
  const { claude, prompt, resume, sessionId } = input
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
  if (resume) {
    if (!isUuid(sessionId)) {
      return notResumed(
        input,
        "Error: --resume requires a valid session ID or session title when used with --print. " +
          `Usage: claude -p --resume <session-id|title>. Provided value "${sessionId}" is not a UUID and does not ` +
          "match any session title."
      )
    }
    return session.canResume ? undefined : notResumed(input, `No conversation found with session ID: ${sessionId}`)
  }
  if (claude.continue && !claude.fork_session) {
    return Script.exits(1, "Error: --session-id with --continue or --resume also needs --fork-session.")
  }
  if (!isUuid(sessionId)) return Script.exits(1, "Error: Invalid session ID. Must be a valid UUID.")
  return session.hasBegun ? Script.exits(1, `Error: Session ID ${sessionId} is already in use.`) : undefined
}

/** In `stream-json`, the CLI prints a result as well, but not in `json`. */
const notResumed = ({ claude, sessionId }: RunInput, reason: string): Script.Output => {
  const details = { subtype: "error_during_execution", turns: 0 }
  const result = StreamJson.result(sessionId, "", reason, details)
  return Script.exits(1, reason, ...(claude.output_format === "stream-json" ? [result] : []))
}
