import { constants } from "node:os"
import * as Data from "effect/Data"

/** A process ended otherwise than with exit code 0. */
export class ProcessFailed extends Data.TaggedError("ProcessFailed")<{
  /** The exit code; 128 plus the signal's number when a signal ended it. */
  readonly exitCode: number
  /** The signal (`SIGKILL`) if one ended it. */
  readonly signal?: NodeJS.Signals
}> {
  /** The failure as Go words it: `exit status 1`, `signal: killed`. */
  override get message(): string {
    return this.signal === undefined ? `exit status ${this.exitCode}` : `signal: ${goSignalName(this.signal)}`
  }
}

/** It exited by itself. Codes above 128 count as a crash, the others as a failure. */
export const exited = (exitCode: number): ProcessFailed => new ProcessFailed({ exitCode })

/** A signal ended it. */
export const killedBy = (signal: NodeJS.Signals): ProcessFailed =>
  new ProcessFailed({ exitCode: 128 + constants.signals[signal], signal })

const goSignalNames: Partial<Record<NodeJS.Signals, string>> = {
  SIGHUP: "hangup",
  SIGINT: "interrupt",
  SIGQUIT: "quit",
  SIGILL: "illegal instruction",
  SIGTRAP: "trace/breakpoint trap",
  SIGABRT: "aborted",
  SIGBUS: "bus error",
  SIGFPE: "floating point exception",
  SIGKILL: "killed",
  SIGUSR1: "user defined signal 1",
  SIGSEGV: "segmentation fault",
  SIGUSR2: "user defined signal 2",
  SIGPIPE: "broken pipe",
  SIGALRM: "alarm clock",
  SIGTERM: "terminated"
}

/** What Go calls a signal. */
export const goSignalName = (signal: NodeJS.Signals): string =>
  goSignalNames[signal] ?? `signal ${constants.signals[signal]}`
