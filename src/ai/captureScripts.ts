/**
 * Shell text that runs a script with its output in a file, and reports the beginning and the end of that. What it needs
 * of a sandbox: a POSIX shell, and `mkdir`, `cat`, `wc`, `head`, `tail`, `rm` and `base64`.
 */
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import { shellQuote } from "../services/daytona/toolbox/shellText.js"

/** What of a long output stays in the sandbox, so that an endless one does not fill its disk for good. */
export const keptBytes = 64 * 1024 * 1024

const directoryOf = (id: string): string => `"\${HOME:-/tmp}/.effect-sandboxes/output/${id}"`

export const removing = (ids: Iterable<string>): string =>
  Array.from(ids, (id) => `rm -rf ${directoryOf(id)}\n`).join("")

/** Runs a script, without a report. It is in a file, since the length of an argument is limited. */
export const writing = (id: string, script: string): string =>
  [
    `d=${directoryOf(id)}`,
    // In a work directory that is a repository, nothing of it is to be committed. The umask of the script stays.
    `(umask 077; mkdir -p "$d" && echo '*' > "$d/.gitignore" && printf %s ${shellQuote(script)} > "$d/script") || exit 1`,
    "s=$(command -v bash || command -v sh)",
    '"$s" "$d/script" > "$d/output" 2>&1 < /dev/null',
    'echo "$?" > "$d/exit"'
  ].join("\n")

/**
 * Prints the exit code, or `none`, and the number of bytes; the path of the output; and what was printed: all of it, or
 * its beginning, `.` and its end, each of `piece` bytes. As base64, because the daemon drops NUL bytes and adds line
 * breaks.
 */
export const reporting = (id: string, piece: number): string =>
  [
    `d=${directoryOf(id)}`,
    'o="$d/output"',
    'n=$(($(wc -c < "$o")))',
    `printf '%s %s\\n%s\\n' "$(cat "$d/exit" 2> /dev/null || echo none)" "$n" "$o"`,
    `if [ "$n" -le ${2 * piece} ]; then base64 < "$o"; else`,
    `head -c ${piece} "$o" | base64; echo .; tail -c ${piece} "$o" | base64; fi`
  ].join("\n")

/** After a report of a script that has ended: removes a short output, and most of one that is too long. */
export const tidying = (short: number): string =>
  [
    `if [ "$n" -le ${short} ]; then rm -rf "$d"; fi`,
    `if [ "$n" -gt ${keptBytes} ]; then truncate -s ${keptBytes} "$o" 2> /dev/null; fi`
  ].join("\n")

export interface Report {
  /** Absent while the script runs, and when it was killed. */
  readonly exitCode: number | undefined
  readonly bytes: number
  readonly path: string
  readonly head: Uint8Array
  /** The end of the output, if `head` is not all of it. */
  readonly tail: Uint8Array | undefined
}

const decodeBase64 = (text: string): Uint8Array =>
  Either.getOrElse(Encoding.decodeBase64(text.replace(/\s+/g, "")), () => new Uint8Array())

export const reportIn = (stdout: string): Report | undefined => {
  const [, code, count, path, pieces = ""] = /^(\d+|none) (\d+)\n(.*)\n([\s\S]*)$/.exec(stdout) ?? []
  if (code === undefined || path === undefined) return undefined
  const [head = "", tail] = pieces.split(/^\.$/m)
  return {
    exitCode: code === "none" ? undefined : Number(code),
    bytes: Number(count),
    path,
    head: decodeBase64(head),
    tail: tail === undefined ? undefined : decodeBase64(tail)
  }
}
