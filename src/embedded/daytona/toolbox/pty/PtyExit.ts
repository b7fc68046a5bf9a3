/** How the process of a terminal ended, as the daemon reports it. */
export interface PtyExit {
  readonly exitCode: number
  readonly exitReason?: string
}

/** After `DELETE`. */
export const killed: PtyExit = { exitCode: 137, exitReason: "SIGKILL" }

/** A shell that was ended by a signal has no exit code: the daemon reports −1. */
export const ofProcess = (status: { readonly exitCode: number; readonly signal?: number | undefined }): PtyExit =>
  status.signal !== undefined && status.signal !== 0
    ? { exitCode: -1, exitReason: "non-zero exit" }
    : status.exitCode === 0
      ? { exitCode: 0 }
      : { exitCode: status.exitCode, exitReason: reasonOf(status.exitCode) }

const reasonOf = (code: number): string => {
  switch (code) {
    case 130:
      return "Ctrl+C"
    case 137:
      return "SIGKILL"
    case 143:
      return "SIGTERM"
    default:
      return code > 128 ? `signal ${code - 128}` : "non-zero exit"
  }
}

/** The close frame after the process has ended. */
export const closeFrameOf = (exit: PtyExit) => ({
  code: exit.exitCode === 0 ? 1000 : 1011,
  reason: JSON.stringify(exit)
})
