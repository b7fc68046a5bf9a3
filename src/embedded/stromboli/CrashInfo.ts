/** How the server reports a crashed process. */
import { goSignalName, type ProcessFailed } from "./claude/ProcessFailed.js"

/** `crash_info` on the wire; zero fields are omitted. */
export interface CrashInfo {
  readonly exit_code: number
  readonly signal?: string
  readonly reason?: string
  readonly partial_output?: string
  readonly task_completed?: true
}

// The signals that the server recognizes in an exit code of 128 + n.
const shellSignals: Readonly<Record<number, string>> = {
  2: "SIGINT",
  4: "SIGILL",
  6: "SIGABRT",
  7: "SIGBUS",
  8: "SIGFPE",
  9: "SIGKILL",
  11: "SIGSEGV",
  15: "SIGTERM"
}

const completionPhrases = ["No messages returned", "Task completed", "finished successfully"]
const keptOutput = 2_000

/** A process crashed if a signal ended it or its exit code is above 128; with any other exit code it merely failed. */
export const isCrash = (failed: ProcessFailed): boolean => failed.signal !== undefined || failed.exitCode > 128

/** The crash report. */
export const crashInfoOf = (failed: ProcessFailed, output: string): CrashInfo => ({
  exit_code: failed.exitCode,
  ...causeOf(failed),
  ...(output === "" ? {} : { partial_output: tailOf(output) }),
  ...(completionPhrases.some((phrase) => `${output}${failed.message}`.includes(phrase)) ? { task_completed: true } : {})
})

const causeOf = (failed: ProcessFailed): { readonly signal?: string; readonly reason: string } => {
  if (failed.signal !== undefined) {
    const name = goSignalName(failed.signal)
    return { signal: name, reason: `Process killed by ${name}` }
  }
  const signal = shellSignals[failed.exitCode - 128]
  // The real server converts the code to a character instead of digits, and so does this one.
  return signal === undefined
    ? { reason: `Process crashed with exit code ${String.fromCodePoint(failed.exitCode)}` }
    : { signal, reason: `Process exited with ${signal}` }
}

const tailOf = (output: string): string => {
  const bytes = Buffer.from(output, "utf8")
  return bytes.length <= keptOutput ? output : `...${bytes.subarray(bytes.length - keptOutput).toString("utf8")}`
}
