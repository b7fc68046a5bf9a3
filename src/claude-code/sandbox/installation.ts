/** Installs the CLI in a sandbox that does not have it. */
import * as Effect from "effect/Effect"
import type { Process } from "../../services/daytona/toolbox/process/Process.js"
import { ClaudeNotInstalled, ClaudePlaceFailed } from "../errors.js"
import { worded } from "../failures.js"

/** A version as npm writes it. */
export const isVersion = (text: string): boolean => /^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?$/.test(text)

/** The exit code of the script when there is no npm. */
const noNpm = 127

/**
 * Prints the path of the version `$1`, which it installs in the home directory unless it is there already, or is the
 * `claude` of the sandbox. Whoever installs it at the same time works in a directory of their own; the first one to end
 * puts it into place.
 */
const script = `exec 3>&1 > /dev/null < /dev/null
PATH=$PATH:$HOME/.local/bin:$HOME/.claude/local
parent=\${HOME:-/tmp}/.effect-sandboxes
target=$parent/claude-code-$1
program=node_modules/.bin/claude
if [ -x "$target/$program" ]; then echo "$target/$program" >&3; exit; fi
case $(claude --version 2> /dev/null) in "$1"|"$1 "*) command -v claude >&3; exit;; esac
command -v npm || exit ${noNpm}
mkdir -p "$parent" && directory=$(mktemp -d "$parent/installing.XXXXXX") || exit 1
trap 'rm -rf "$directory"' EXIT
trap 'exit 1' HUP INT TERM
npm install --prefix "$directory" --no-save --no-audit --no-fund --loglevel=error "@anthropic-ai/claude-code@$1" || exit 1
"$directory/$program" --version || exit 1
[ -e "$target" ] || mv "$directory" "$target" || exit 1
echo "$target/$program" >&3`

/** How long npm may take. */
const limit = "10 minutes"

/** The path of a version of the CLI. What can go wrong with it has not asked Claude anything. */
export const install = (
  process: Process.Service,
  place: string,
  operation: string,
  version: string
): Effect.Effect<string, ClaudeNotInstalled | ClaudePlaceFailed> =>
  process.execute(["sh", "-c", script, "sh", version], { timeout: limit }).pipe(
    Effect.mapError(
      (cause) =>
        new ClaudePlaceFailed({
          place,
          operation,
          message: worded({ place, operation }, `Claude Code ${version} could not be installed: ${cause.message}`),
          cause,
          retryable: cause.retryable,
          admitted: "no"
        })
    ),
    Effect.flatMap(({ exitCode, stderr, stdout }) => {
      if (exitCode === 0) return Effect.succeed(stdout.trim())
      const why =
        exitCode === noNpm
          ? "there is no npm. Create the sandbox from an image with Node, or with Claude Code: `addClaudeCode`"
          : `npm did not install it. The network rules of the sandbox must allow registry.npmjs.org. On stderr: ${stderr.trim().slice(-500)}`
      return Effect.fail(
        new ClaudeNotInstalled({
          place,
          operation,
          command: "claude",
          message: worded({ place, operation }, `Claude Code ${version} is not in the sandbox, and ${why}`)
        })
      )
    })
  )
