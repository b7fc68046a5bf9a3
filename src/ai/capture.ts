/**
 * Runs shell scripts so that only the beginning and the end of what they print leave the sandbox. The output goes to a
 * file there, standard output and standard error in the order in which they were written; the file stays as long as an
 * answer refers to it.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import type { Process } from "../services/daytona/toolbox/process/Process.js"
import { cannotEnter, type Environment, shellQuote } from "../services/daytona/toolbox/shellText.js"
import { sandboxFailureOf, saying } from "./failures.js"
import type { Kit } from "./Kit.js"
import { ToolFailed, type ToolFailure } from "./ToolFailure.js"
import { grouped, joined, legible, shortened } from "./text.js"

/** What was printed, as an answer may have it. */
export interface Printed {
  readonly output: string
  /** All that was printed, in bytes. */
  readonly bytes: number
  /** What was left out, if anything was, and where it is. */
  readonly note: string | undefined
}

export interface Captured extends Printed {
  readonly exitCode: number
}

export interface Script {
  readonly command: string
  readonly directory?: string | undefined
  readonly env?: Environment | undefined
  readonly timeout: Duration.Duration
}

export interface Capture {
  /** Runs a script to its end. */
  readonly run: (script: Script) => Effect.Effect<Captured, ToolFailure>
  /** The script that a shell runs instead, with its output in the file of `id`. It does not report. */
  readonly writing: (id: string, command: string) => string
  /** What is in the file of `id`, and the exit code if the script has ended. */
  readonly read: (id: string) => Effect.Effect<Printed & { readonly exitCode: number | undefined }, ToolFailure>
  readonly newId: Effect.Effect<string>
}

/** What of a long output stays in the sandbox, so that an endless one does not fill its disk for good. */
const keptBytes = 64 * 1024 * 1024

const directoryOf = (id: string): string => `"\${HOME:-/tmp}/.effect-sandboxes/output/${id}"`

/** A file, since the length of an argument is limited; with the umask of the script as it was. */
const writing = (id: string, command: string): string =>
  [
    `d=${directoryOf(id)}`,
    `(umask 077; mkdir -p "$d" && printf %s ${shellQuote(command)} > "$d/command") || exit 1`,
    "s=$(command -v bash || command -v sh)",
    '"$s" "$d/command" > "$d/output" 2>&1 < /dev/null',
    "c=$?",
    'echo "$c" > "$d/exit"'
  ].join("\n")

/** Exit code or `-`, number of bytes and path, then what was printed: all of it, or two pieces of this many bytes. */
const reporting = (id: string, piece: number): string =>
  [
    `d=${directoryOf(id)}`,
    'o="$d/output"',
    'n=$(($(wc -c < "$o")))',
    `printf '%s %s\\n%s\\n' "$(cat "$d/exit" 2> /dev/null || echo -)" "$n" "$o"`,
    `if [ "$n" -le ${2 * piece} ]; then base64 < "$o"; else`,
    `head -c ${piece} "$o" | base64; echo .; tail -c ${piece} "$o" | base64; fi`
  ].join("\n")

/** Removes what no answer refers to. */
const tidying = (piece: number): string =>
  [
    // In any case shorter than an answer.
    `if [ "$n" -le ${Math.floor(piece / 4)} ]; then rm -rf "$d"; fi`,
    `if [ "$n" -gt ${keptBytes} ]; then truncate -s ${keptBytes} "$o" 2> /dev/null; fi`
  ].join("\n")

const decodeBase64 = (text: string): Uint8Array =>
  Either.getOrElse(Encoding.decodeBase64(text.replace(/\s+/g, "")), () => new Uint8Array())

interface Report {
  readonly exitCode: number | undefined
  readonly bytes: number
  readonly path: string
  readonly head: Uint8Array
  /** The end of the output, if `head` is not all of it. */
  readonly tail: Uint8Array | undefined
}

const reportIn = (stdout: string): Report | undefined => {
  const [, code, count, path, pieces = ""] = /^(\d+|-) (\d+)\n(.*)\n([\s\S]*)$/.exec(stdout) ?? []
  if (code === undefined || path === undefined) return undefined
  const [head = "", tail] = pieces.split(/^\.$/m)
  return {
    exitCode: code === "-" ? undefined : Number(code),
    bytes: Number(count),
    path,
    head: decodeBase64(head),
    tail: tail === undefined ? undefined : decodeBase64(tail)
  }
}

const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

/** A cut may have gone through a character. */
const decodeCut = {
  head: (bytes: Uint8Array): string => new TextDecoder().decode(bytes, { stream: true }),
  tail: (bytes: Uint8Array): string => {
    const start = bytes.findIndex((byte) => byte < 0x80 || byte >= 0xc0)
    return decode(bytes.subarray(start === -1 ? 0 : start))
  }
}

/** Whether it is something else than text: more than a few characters are not. */
const isBinary = (bytes: Uint8Array): boolean => {
  const sample = legible(decodeCut.head(bytes.subarray(0, 8192)))
  return (sample.match(/\uFFFD/g)?.length ?? 0) > sample.length / 10
}

export const makeCapture = (process: Process.Service, kit: Kit): Capture => {
  const piece = 2 * kit.room
  const kept: Array<string> = []
  const unneeded: Array<string> = []

  const keep = (id: string) => {
    kept.push(id)
    while (kept.length > kit.keptOutputs) unneeded.push(...kept.splice(0, 1))
  }

  const printed = ({ bytes, head, path, tail }: Report): Printed => {
    const all = `All of it, ${grouped(bytes)} bytes, is in ${path} in the sandbox${bytes > keptBytes ? `, cut after ${grouped(keptBytes)} bytes` : ""}.`
    if (isBinary(head)) return { output: "", bytes, note: `The output is not text, and is not shown. ${all}` }
    if (tail !== undefined) {
      const beginning = kit.mask.beginning(legible(decodeCut.head(head)))
      const end = kit.mask.end(legible(decodeCut.tail(tail)))
      const leftOut = `the middle of ${grouped(bytes)} bytes`
      return { output: joined(beginning, end, kit.room, leftOut), bytes, note: `The middle was left out. ${all}` }
    }
    const { isCut, text } = shortened(kit.mask.whole(legible(decode(head))), kit.room)
    return { output: text, bytes, note: isCut ? `The middle was left out. ${all}` : undefined }
  }

  /** What `execute` has returned. */
  const reported = (id: string, { exitCode, stderr, stdout }: Process.ExecuteResult, directory: string | undefined) => {
    const report = reportIn(stdout)
    if (report === undefined) {
      const isMissing = exitCode === cannotEnter && directory !== undefined
      return Effect.fail(
        isMissing
          ? new ToolFailed({
              reason: "notFound",
              message: `Nothing was run: there is no directory ${kit.named(directory)}.`
            })
          : new ToolFailed({
              reason: "refused",
              message: `The output could not be kept in the sandbox: ${saying(kit, { _tag: "", message: stderr })}.`
            })
      )
    }
    if (report.bytes > 0 && report.head.length === 0) {
      return Effect.fail(
        new ToolFailed({
          reason: "outputLost",
          message: `It ended with exit code ${report.exitCode}, but its output cannot be read: the sandbox needs the program \`base64\`. The output is in ${report.path}.`
        })
      )
    }
    const found = printed(report)
    if (found.note === undefined) unneeded.push(id)
    else keep(id)
    return Effect.succeed({ ...found, exitCode: report.exitCode })
  }

  const readWith = (id: string, script: string) =>
    process.execute(script, { timeout: "20 seconds" }).pipe(
      Effect.mapError(sandboxFailureOf(kit)),
      Effect.flatMap((result) => reported(id, result, undefined))
    )

  /** What a script printed before it was killed, if that can be had. */
  const soFar = (id: string): Effect.Effect<Pick<Printed, "note" | "output">> =>
    Effect.orElseSucceed(readWith(id, `${reporting(id, piece)}\n${tidying(piece)}`), () => ({
      output: "",
      note: "What it printed cannot be read."
    }))

  const newId = Effect.sync(() => globalThis.crypto.randomUUID())

  return {
    writing,
    newId,
    read: (id) => readWith(id, reporting(id, piece)),
    run: ({ command, directory, env = kit.env, timeout }) =>
      Effect.flatMap(newId, (id) => {
        const removal = unneeded.splice(0).map((each) => `rm -rf ${directoryOf(each)}\n`)
        const script = `${removal.join("")}${writing(id, command)}\n${reporting(id, piece)}\n${tidying(piece)}`
        const seconds = grouped(Duration.toSeconds(timeout))
        const withOutput = (reason: "ended" | "timeout", message: string) =>
          Effect.flatMap(soFar(id), ({ note, output }) =>
            Effect.fail(
              new ToolFailed({
                reason,
                message: note === undefined ? message : `${message} ${note}`,
                ...(output === "" ? {} : { found: output })
              })
            )
          )
        return process.execute(script, { cwd: directory, env, timeout }).pipe(
          Effect.catchAll((error): Effect.Effect<never, ToolFailure> => {
            if (error._tag === "CommandTimeout") {
              return withOutput(
                "timeout",
                `It did not end within ${seconds} seconds and was killed, with everything that it had started. What it has done until then stays done.`
              )
            }
            if (error._tag === "ShellExited") {
              return withOutput(
                "ended",
                "A signal ended the shell before the script was done: it may have killed itself."
              )
            }
            return Effect.fail(sandboxFailureOf(kit)(error))
          }),
          Effect.flatMap((result) => reported(id, result, directory)),
          Effect.map(({ exitCode, ...found }) => ({ ...found, exitCode: exitCode ?? 1 }))
        )
      })
  }
}
