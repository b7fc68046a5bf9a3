/**
 * The shell script that runs a program in a sandbox for someone far away. The daemon passes lines to the standard input
 * of a command, but it cannot close it, and a request whose response was lost may or may not have passed its line. So
 * every line has a number, higher than the one before: what arrives again is dropped. And a line can say that the input
 * ends.
 *
 * The environment arrives this way too. It is neither in the text of the command, which the daemon keeps and shows, nor
 * in a file, nor in the arguments of a process.
 */
import * as Redacted from "effect/Redacted"
import { shellQuote } from "../../services/daytona/toolbox/shellText.js"

/**
 * What a line says:
 *
 * - `assign`: an assignment of a variable, in the language of the shell
 * - `start`: that was the environment
 * - `line`: a line for the program
 * - `first`, `part`, `last`: a line for the program in pieces; one that is not finished is dropped
 * - `file`: the name of a file with a line for the program, which is removed
 * - `end`: the input ends
 */
export type Kind = "assign" | "start" | "line" | "first" | "part" | "last" | "file" | "end"

/** A line reaches its reader whole, however many write at the same time, if it has at most `PIPE_BUF` bytes. */
export const longestLine = 4096

/** The text is between colons, since the shell drops blanks at the ends of what it reads. */
export const lineOf = (number: number, kind: Kind, text = ""): string => `${number} ${kind} :${text}:\n`

/** The first line that the script prints on standard output: the program is about to start. */
export const readyNotice = "effect-sandboxes: ready"

/** What the script prints instead on standard error when there is no such program, with exit code 127. */
export const notFoundNotice = "effect-sandboxes: there is no program "

/** Where installers put programs that a shell without a login does not look for. */
const moreDirectories = "$HOME/.local/bin:$HOME/.claude/local"

const newline = "es_newline"

/**
 * Runs a program and its arguments with the environment and the input that arrive as numbered lines. Its variables have
 * a prefix, since those of the sandbox are the environment of the program. What the shell itself has to say, such as
 * that the program was killed, is not part of its output.
 */
export const script = (words: ReadonlyArray<string>): string => `[ -z "\${ZSH_VERSION:-}" ] || emulate sh
set -- ${words.map(shellQuote).join(" ")}
${newline}='
'
es_last=0
es_receive() {
  while IFS=' ' read -r es_number es_kind es_text; do
    [ "$es_number" -gt "$es_last" ] || continue
    es_last=$es_number es_text=\${es_text#:}
    es_text=\${es_text%:}
    return 0
  done
  return 1
}
es_forward() {
  es_part=
  while es_receive; do
    case $es_kind in
      line) printf '%s\\n' "$es_text";;
      first) es_part=$es_text;;
      part) es_part=$es_part$es_text;;
      last) printf '%s\\n' "$es_part$es_text"; es_part=;;
      file) cat "$es_text"; echo; rm -f "$es_text";;
      end) return;;
    esac
  done
}
es_environment= es_kind=
while es_receive && [ "$es_kind" = assign ]; do es_environment=$es_environment$es_text$${newline}; done
[ "$es_kind" = start ] || exit 0
es_directory=$(mktemp -d) && mkfifo "$es_directory/input" || exit 126
exec 3<&0 4<>"$es_directory/input" 5<"$es_directory/input" 6>"$es_directory/input" 4<&-
rm -rf "$es_directory"
exec 7>&2 2> /dev/null
( exec 5<&- 7>&-; es_forward <&3 >&6 ) &
es_forwarding=$!
exec 6>&-
( exec <&5 2>&7 3<&- 5<&- 7>&-
  PATH=$PATH:${moreDirectories}
  export PATH
  eval "$es_environment"
  command -v "$1" > /dev/null 2>&1 || { printf '%s%s\\n' ${shellQuote(notFoundNotice)} "$1" >&2; exit 127; }
  echo ${shellQuote(readyNotice)}
  exec "$@" )
es_code=$?
kill "$es_forwarding"
wait "$es_forwarding"
exit $es_code`

/** Cuts a text between its characters. The only piece of an empty text is empty. */
export const pieces = (text: string, limit: number): ReadonlyArray<string> => {
  const found: Array<string> = []
  let start = 0
  do {
    let end = Math.min(start + limit, text.length)
    // Not within a pair of surrogates.
    if (end < text.length && /[\uD800-\uDBFF]/.test(text.charAt(end - 1))) end--
    found.push(text.slice(start, end))
    start = end
  } while (start < text.length)
  return found
}

const wordOf = (text: string): string => text.split("\n").map(shellQuote).join(`"$${newline}"`)

const encoder = new TextEncoder()

/** Puts texts together as long as they fit in a line. */
const packed = (texts: ReadonlyArray<string>): ReadonlyArray<string> => {
  const lines: Array<string> = []
  for (const text of texts) {
    const joined = `${lines.at(-1) ?? ""}; ${text}`
    if (lines.length > 0 && encoder.encode(joined).length < longestLine - 40) lines.splice(-1, 1, joined)
    else lines.push(text)
  }
  return lines
}

/** An environment as assignments that each fit in a line. */
export const assignments = (environment: Readonly<Record<string, string | Redacted.Redacted>>): ReadonlyArray<string> =>
  packed(
    Object.entries(environment).flatMap(([name, given]) =>
      // A line break takes up to 20 bytes.
      pieces(Redacted.isRedacted(given) ? Redacted.value(given) : given, 150).map(
        (piece, index) => `${name}=${index === 0 ? "" : `$${name}`}${wordOf(piece)}; export ${name}`
      )
    )
  )

/** A line for the program, in parts that each fit in a line of ours. */
export const partsOf = (line: string): ReadonlyArray<readonly [kind: Kind, text: string]> => {
  // A character has at most 3 bytes for each unit of its length.
  const all = pieces(line, 1300)
  if (all.length === 1) return [["line", line]]
  return all.map((piece, index) => [index === 0 ? "first" : index === all.length - 1 ? "last" : "part", piece])
}
