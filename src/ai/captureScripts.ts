/**
 * Shell text that runs a script with its output in a file, and reports the beginning and the end of that. What it needs
 * of a sandbox: a POSIX shell, and `mkdir`, `mktemp`, `mkfifo`, `dd`, `mv`, `sleep`, `cat`, `wc`, `head`, `tail`, `rm`
 * and `base64`.
 */
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import { shellQuote } from "../services/daytona/toolbox/shellText.js"

/**
 * What of the beginning of a long output stays in the sandbox, at most: half of it where `ulimit` counts half blocks.
 */
const keptBytes = 64 * 1024 * 1024

const directoryOf = (id: string): string => `"\${HOME:-/tmp}/.effect-sandboxes/output/${id}"`

export const removing = (ids: Iterable<string>): string =>
  Array.from(ids, (id) => `rm -rf ${directoryOf(id)}\n`).join("")

/** Short enough that what is lost between two files is little. */
const block = 4096

/**
 * Keeps what it reads: the beginning in `output`, and of more than that the end, in `end` and `next`. The system itself
 * ends what writes more to a file, so not even a program that prints without end fills the disk. `ulimit`
 * counts blocks of 1024 bytes, or of 512.
 */
const keeping = `( ulimit -f ${keptBytes / 1024}
dd bs=${block} > "$d/output" || while ! dd bs=${block} > "$d/next"; do mv -f "$d/next" "$d/end"; done )`

/**
 * Runs a script, without a report. It is in a file, since the length of an argument is limited. It prints to a pipe: a
 * file would be emptied by whatever opens `/dev/stderr`. What it leaves running may hold the pipe, and is not awaited.
 */
export const writing = (id: string, script: string): string =>
  [
    `d=${directoryOf(id)}`,
    // In a work directory that is a repository, nothing of it is to be committed. The umask of the script stays.
    `(umask 077; mkdir -p "$d" && echo '*' > "$d/.gitignore" && : > "$d/output" && printf %s ${shellQuote(script)} > "$d/script") || exit 1`,
    "s=$(command -v bash || command -v sh)",
    'p=$(mktemp -d) && mkfifo "$p/pipe" || exit 1',
    'exec 4<>"$p/pipe" 5<"$p/pipe" 6>"$p/pipe" 4<&-',
    'rm -rf "$p"',
    `${keeping} <&5 5<&- 6>&- > /dev/null 2>&1 &`,
    "r=$!",
    "exec 5<&-",
    '"$s" "$d/script" >&6 2>&1 6>&- < /dev/null',
    'echo "$?" > "$d/exit"',
    "exec 6>&-",
    '( sleep 0.5 || sleep 1; kill "$r" ) < /dev/null > /dev/null 2>&1 &',
    "t=$!",
    'wait "$r" 2> /dev/null',
    'kill "$t" 2> /dev/null'
  ].join("\n")

/**
 * Prints the exit code, or `none`, and the number of bytes, with a `+` if more were printed than are kept; the path of
 * the output; and what was printed: all of it, or its beginning, `.` and its end, each of `piece` bytes. As base64,
 * because the daemon drops NUL bytes and adds line breaks.
 */
export const reporting = (id: string, piece: number): string => {
  const end = (file: string) => `tail -c ${piece} "${file}" 2> /dev/null`
  return [
    `d=${directoryOf(id)}`,
    'o="$d/output"',
    'n=$(($(wc -c < "$o")))',
    'm=; if [ -e "$d/next" ] || [ -e "$d/end" ]; then m=+; fi',
    `printf '%s %s%s\n%s\n' "$(cat "$d/exit" 2> /dev/null || echo none)" "$n" "$m" "$o"`,
    `if [ -z "$m" ] && [ "$n" -le ${2 * piece} ]; then base64 < "$o"; else`,
    `head -c ${piece} "$o" | base64; echo .`,
    `{ ${["$o", "$d/end", "$d/next"].map(end).join("; ")}; } | tail -c ${piece} | base64; fi`
  ].join("\n")
}

/** After a report of a script that has ended: removes a short output. */
export const tidying = (short: number): string => `if [ "$n" -le ${short} ]; then rm -rf "$d"; fi`

export interface Report {
  /** Absent while the script runs, and when it was killed. */
  readonly exitCode: number | undefined
  /** How many bytes are in the file. */
  readonly bytes: number
  /** Whether more were printed than that. */
  readonly isMore: boolean
  readonly path: string
  readonly head: Uint8Array
  /** The end of the output, if `head` is not all of it. */
  readonly tail: Uint8Array | undefined
}

const decodeBase64 = (text: string): Uint8Array =>
  Either.getOrElse(Encoding.decodeBase64(text.replace(/\s+/g, "")), () => new Uint8Array())

export const reportIn = (stdout: string): Report | undefined => {
  const [, code, count, more, path, pieces = ""] = /^(\d+|none) (\d+)(\+?)\n(.*)\n([\s\S]*)$/.exec(stdout) ?? []
  if (code === undefined || path === undefined) return undefined
  const [head = "", tail] = pieces.split(/^\.$/m)
  return {
    exitCode: code === "none" ? undefined : Number(code),
    bytes: Number(count),
    isMore: more === "+",
    path,
    head: decodeBase64(head),
    tail: tail === undefined ? undefined : decodeBase64(tail)
  }
}
