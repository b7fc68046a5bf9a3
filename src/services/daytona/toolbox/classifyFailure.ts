/**
 * Turns the error of a status into the failure that it stands for, by the daemon's code, or by its message without one.
 */
import * as Effect from "effect/Effect"
import type { ApiError, Conflict, NotFound } from "../../../errors/ApiError.js"
import type { RequestFailureFields } from "../../../errors/RequestFailure.js"

/** What the daemon said about a request that it refused. */
export interface DaemonError {
  /** For the failure to be made. */
  readonly fields: RequestFailureFields
  readonly status: number
  readonly code: string | undefined
  readonly detail: string
}

type StatusError = ApiError | NotFound | Conflict

/** Messages of the proxy and the runner in front of the daemon. They say nothing about the operation. */
const fromProxy = /^unauthorized: (authentication failed|missing authentication)\b:?|sandbox( container)? not found/i

const daemonErrorOf = (error: StatusError): DaemonError | undefined => {
  if (error._tag === "InvalidRequest" || error.status === undefined || error.status < 400) return undefined
  const { detail = "", serverCode, serverSource, status } = error
  const isDaemon = serverSource === undefined || serverSource === "DAYTONA_DAEMON"
  const hasOwnCode = serverCode !== undefined && /^(GIT|A11Y|RECORDING)_/.test(serverCode)
  if (!isDaemon || (!hasOwnCode && fromProxy.test(detail))) return undefined
  return {
    status,
    code: serverCode,
    detail,
    fields: {
      system: error.system,
      operation: error.operation,
      method: error.method,
      path: error.path,
      status,
      message: `${error.operation}${error.subject === undefined ? "" : ` of ${error.subject}`} failed${detail === "" ? "" : `: ${detail.slice(0, 500)}`}`,
      detail: error.detail,
      serverCode,
      serverSource,
      subject: error.subject,
      sandboxId: error.sandboxId,
      requestId: error.requestId,
      retryAfter: error.retryAfter,
      attempts: error.attempts,
      retryable: false,
      // The daemon refuses before it begins.
      admitted: "no"
    }
  }
}

/**
 * Makes a function that narrows the errors of an operation to the failures that are possible there. `candidates` may
 * read the same error in several ways: the first possible one wins, and without any the error stays as it is.
 */
export const classifyFailure =
  <Failure extends { readonly _tag: string }>(candidates: (error: DaemonError) => ReadonlyArray<Failure>) =>
  <Tag extends Failure["_tag"]>(...possible: ReadonlyArray<Tag>) => {
    type Possible = Extract<Failure, { readonly _tag: Tag }>
    const isPossible = (failure: Failure): failure is Possible => possible.some((tag) => tag === failure._tag)
    return <A, E extends StatusError, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | Possible, R> =>
      Effect.mapError(effect, (error): E | Possible => {
        const daemonError = daemonErrorOf(error)
        return daemonError === undefined ? error : (candidates(daemonError).find(isPossible) ?? error)
      })
  }

/** Adds to the message what to do about the failure. */
export const withAdvice = (fields: RequestFailureFields, advice: string): RequestFailureFields => ({
  ...fields,
  message: `${fields.message}. ${advice}`
})
