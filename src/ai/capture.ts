/**
 * Runs scripts so that only the beginning and the end of what they print leave the sandbox. The output goes to a file
 * there, standard output and standard error in the order in which they were written; the file stays as long as an
 * answer refers to it.
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { finalizerRequest } from "../internal/finalizerRequest.js"
import type { Process } from "../services/daytona/toolbox/process/Process.js"
import { cannotEnter, type Environment } from "../services/daytona/toolbox/shellText.js"
import { type Report, removing, reportIn, reporting, tidying, writing } from "./captureScripts.js"
import { sandboxFailureOf, saying } from "./failures.js"
import type { Kit } from "./Kit.js"
import { ToolFailed, type ToolFailure } from "./ToolFailure.js"
import { grouped, inSeconds, joined, legible } from "./text.js"

/** What was printed, as an answer may have it. */
export interface Printed {
  /** Absent while the script runs, and when it was killed. */
  readonly exitCode: number | undefined
  readonly output: string
  /** What was left out, if anything was, and where it is. */
  readonly note: string | undefined
}

export interface Script {
  readonly command: string
  readonly directory?: string | undefined
  readonly env?: Environment | undefined
  readonly timeout: Duration.Duration
}

export interface Capture {
  /** Runs a script to its end. */
  readonly run: (script: Script) => Effect.Effect<Printed & { readonly exitCode: number }, ToolFailure>
  /** For a script that is started otherwise, by the text of `writing`. */
  readonly newId: Effect.Effect<string>
  /** What such a script has printed so far. */
  readonly read: (id: string) => Effect.Effect<Printed, ToolFailure>
}

const decodeAll = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

/** Without the beginning of a character. */
const decodeHead = (bytes: Uint8Array): string => new TextDecoder().decode(bytes, { stream: true })

/** Whether it is something else than text: more than a few characters are not. */
const isBinary = (bytes: Uint8Array): boolean => {
  const sample = legible(decodeHead(bytes.subarray(0, 8192)))
  const odd = sample.match(/\uFFFD/g)?.length ?? 0
  return odd > 8 && odd > sample.length / 10
}

/** The files are removed with the scope. */
export const makeCapture = (process: Process.Service, kit: Kit): Effect.Effect<Capture, never, Scope.Scope> => {
  const piece = 2 * kit.room
  // In any case shorter than an answer, also when half of it is quotation marks and the other half secrets.
  const short = Math.floor(kit.room / 6)

  /** The outputs in the sandbox; of those, what answers refer to, and what nothing refers to. */
  const present = new Set<string>()
  const kept: Array<string> = []
  const unneeded: Array<string> = []

  const restOf = ({ bytes, isMore, path }: Report): string => {
    if (isMore) return `The first ${grouped(bytes)} bytes are in ${path} in the sandbox; most of the others are lost.`
    return bytes > short
      ? `All of it, ${grouped(bytes)} bytes, is in ${path} in the sandbox.`
      : `It has ${grouped(bytes)} bytes: write them to a file instead.`
  }

  const printed = (report: Report): Printed => {
    const { bytes, exitCode, head, isMore, tail } = report
    const rest = restOf(report)
    if (isBinary(head)) return { exitCode, output: "", note: `The output is not text, and is not shown. ${rest}` }
    const note = `The middle was left out. ${rest}`
    if (tail !== undefined) {
      const beginning = kit.mask.beginning(decodeHead(head))
      const end = kit.mask.end(decodeAll(tail))
      return {
        exitCode,
        output: joined(beginning, end, kit.room, `the middle of ${isMore ? "more than " : ""}${grouped(bytes)} bytes`),
        note
      }
    }
    const { isCut, text } = kit.shown(decodeAll(head))
    return { exitCode, output: text, note: isCut ? note : undefined }
  }

  const unreported = ({ exitCode, stderr }: Process.ExecuteResult, directory: string | undefined): ToolFailed => {
    if (exitCode === cannotEnter && directory !== undefined) {
      const message = `Nothing was run: there is no directory ${kit.named(directory)}.`
      return new ToolFailed({ reason: "notFound", message })
    }
    if (exitCode > 128) return killed
    const lastLine = stderr.trimEnd().split("\n").at(-1) ?? ""
    const message = `The output could not be kept in the sandbox: ${saying(kit, { _tag: "", message: lastLine })}.`
    return new ToolFailed({ reason: "refused", message })
  }

  const reportOf = (
    result: Process.ExecuteResult,
    directory: string | undefined
  ): Effect.Effect<Report, ToolFailed> => {
    const report = reportIn(result.stdout)
    if (report === undefined) return unreported(result, directory)
    if (report.bytes === 0 || report.head.length > 0) return Effect.succeed(report)
    const message = `It ended, but what it printed cannot be read, since the sandbox has no program \`base64\`. It is in ${report.path}.`
    return new ToolFailed({ reason: "outputLost", message })
  }

  /** The answer of a script that has ended, and what becomes of its output. */
  const settled = (id: string, report: Report): Printed => {
    const answer = printed(report)
    if (answer.note !== undefined) {
      kept.push(id)
      unneeded.push(...kept.splice(0, Math.max(0, kept.length - kit.keptOutputs)))
    } else if (report.bytes <= short) {
      present.delete(id)
    } else {
      unneeded.push(id)
    }
    return answer
  }

  const readReport = (script: string) =>
    process.execute(script, { timeout: "20 seconds" }).pipe(
      Effect.mapError(sandboxFailureOf(kit)),
      Effect.flatMap((result) => reportOf(result, undefined))
    )

  /** With what the script printed before it ended, if that can be had. */
  const unfinished = (id: string, { message, reason }: ToolFailed): Effect.Effect<never, ToolFailed> =>
    readReport(`${reporting(id, piece)}\n${tidying(short)}`).pipe(
      Effect.match({
        onFailure: () => new ToolFailed({ reason, message: `${message} What it printed cannot be read.` }),
        onSuccess: (report) => {
          const { note, output } = settled(id, report)
          const found = output === "" ? {} : { found: output }
          return new ToolFailed({ reason, message: note === undefined ? message : `${message} ${note}`, ...found })
        }
      }),
      Effect.flip
    )

  const newId = Effect.sync(() => {
    const id = globalThis.crypto.randomUUID()
    present.add(id)
    return id
  })

  const run: Capture["run"] = ({ command, directory, env = kit.env, timeout }) =>
    Effect.flatMap(newId, (id) => {
      const removed = unneeded.splice(0)
      const script = `${removing(removed)}${writing(id, command)}\n${reporting(id, piece)}\n${tidying(short)}`
      return process.execute(script, { cwd: directory, env, timeout }).pipe(
        Effect.tap(() => Effect.sync(() => removed.forEach((each) => present.delete(each)))),
        Effect.flatMap((result) => reportOf(result, directory)),
        Effect.map((report) => ({ ...settled(id, report), exitCode: report.exitCode ?? 1 })),
        Effect.catchAll((error): Effect.Effect<never, ToolFailure> => {
          if (error._tag === "CommandTimeout") return unfinished(id, overdue(timeout))
          if (error._tag === "ShellExited" || error === killed) return unfinished(id, killed)
          return Effect.fail(error._tag === "ToolFailed" ? error : sandboxFailureOf(kit)(error))
        }),
        Effect.onInterrupt(() => Effect.sync(() => unneeded.push(id)))
      )
    })

  const removeAll = Effect.suspend(() =>
    present.size === 0
      ? Effect.void
      : process
          .executeMerged(removing(present), { timeout: "10 seconds" })
          .pipe((request) => finalizerRequest(request, { retry: false }), Effect.ignoreLogged)
  )

  const capture: Capture = {
    run,
    newId,
    read: (id) => Effect.map(readReport(reporting(id, piece)), printed)
  }
  return Effect.as(
    Effect.addFinalizer(() => removeAll),
    capture
  )
}

const killed = new ToolFailed({
  reason: "ended",
  message: "A signal ended the shell before the script was done: the script may have killed it."
})

const overdue = (timeout: Duration.Duration): ToolFailed =>
  new ToolFailed({
    reason: "timeout",
    message: `It did not end within ${inSeconds(timeout)} and was killed, with everything that it had started. What it has done until then stays done.`
  })
