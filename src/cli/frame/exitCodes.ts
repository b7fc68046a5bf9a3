/** The exit codes, which scripts rely on. `docs/command-line.md` has the same table. */

/** What each code means. A signal adds its number to 128. */
export const exitCodes = {
  success: 0,
  failure: 1,
  usage: 2,
  notFound: 3,
  unauthorized: 4,
  unreachable: 5,
  conflict: 6,
  timeout: 124,
  interrupted: 130,
  terminated: 143
} as const

const byTag: Readonly<Record<string, number>> = {
  UsageError: exitCodes.usage,
  InvalidRequest: exitCodes.usage,
  NotFound: exitCodes.notFound,
  Unauthorized: exitCodes.unauthorized,
  Forbidden: exitCodes.unauthorized,
  TransportError: exitCodes.unreachable,
  Unavailable: exitCodes.unreachable,
  RateLimited: exitCodes.unreachable,
  StreamInterrupted: exitCodes.unreachable,
  Conflict: exitCodes.conflict,
  Gone: exitCodes.conflict,
  RunKeyConflict: exitCodes.conflict,
  Timeout: exitCodes.timeout,
  OutputClosed: exitCodes.success
}

/** The exit code for a failure. Every error of a wait that ended too early is a timeout. */
export const exitCodeOf = (failure: { readonly _tag: string; readonly exitCode?: number | undefined }): number =>
  failure.exitCode ??
  byTag[failure._tag] ??
  (/(WaitTimeout|Timeout)$/.test(failure._tag) ? exitCodes.timeout : exitCodes.failure)
