/** A process that failed, as Go describes it. */
import { constants } from "node:os"
import * as Data from "effect/Data"

/** The name of a signal. Written out, so that a program compiles without the types of Node. */
export type Signal =
  | "SIGABRT"
  | "SIGALRM"
  | "SIGBUS"
  | "SIGCHLD"
  | "SIGCONT"
  | "SIGFPE"
  | "SIGHUP"
  | "SIGILL"
  | "SIGINT"
  | "SIGIO"
  | "SIGIOT"
  | "SIGKILL"
  | "SIGPIPE"
  | "SIGPOLL"
  | "SIGPROF"
  | "SIGPWR"
  | "SIGQUIT"
  | "SIGSEGV"
  | "SIGSTKFLT"
  | "SIGSTOP"
  | "SIGSYS"
  | "SIGTERM"
  | "SIGTRAP"
  | "SIGTSTP"
  | "SIGTTIN"
  | "SIGTTOU"
  | "SIGUNUSED"
  | "SIGURG"
  | "SIGUSR1"
  | "SIGUSR2"
  | "SIGVTALRM"
  | "SIGWINCH"
  | "SIGXCPU"
  | "SIGXFSZ"
  | "SIGBREAK"
  | "SIGLOST"
  | "SIGINFO"

/** A process that did not exit with code 0. */
export class ProcessFailed extends Data.TaggedError("ProcessFailed")<{
  /** The exit code, or 128 plus the number of the signal that ended it. */
  readonly exitCode: number
  /** The signal that ended it, if one did. */
  readonly signal?: Signal
}> {
  /** The failure as Go formats it: `exit status 1`, `signal: killed`. */
  override get message(): string {
    return this.signal === undefined ? `exit status ${this.exitCode}` : `signal: ${goSignalName(this.signal)}`
  }
}

/** The process exited by itself. Codes above 128 count as a crash, others as a failure. */
export const exited = (exitCode: number): ProcessFailed => new ProcessFailed({ exitCode })

/** A signal ended the process. */
export const killedBy = (signal: Signal): ProcessFailed =>
  new ProcessFailed({ exitCode: 128 + constants.signals[signal], signal })

const goSignalNames: Partial<Record<Signal, string>> = {
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

/** Go's name of a signal. */
export const goSignalName = (signal: Signal): string => goSignalNames[signal] ?? `signal ${constants.signals[signal]}`
