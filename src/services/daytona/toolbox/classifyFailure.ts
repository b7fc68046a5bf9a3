/** From the error of a status to the failure that it stands for: by the daemon's code, else by its words. */
import * as Effect from "effect/Effect"
import type { ApiError, Conflict, NotFound } from "../../../errors/ApiError.js"
import type { RequestFailureFields } from "../../../errors/RequestFailure.js"

/** What the daemon told. */
export interface Told {
  readonly fields: RequestFailureFields
  readonly status: number
  readonly code: string | undefined
  readonly words: string
}

type Known = ApiError | NotFound | Conflict

/** Messages of the proxy and the runner before the daemon, which no operation of the daemon stands behind. */
const fromOthers = /^unauthorized: (authentication failed|missing authentication)\b:?|sandbox( container)? not found/i

const told = (error: Known): Told | undefined => {
  if (error._tag === "InvalidRequest" || error.status === undefined || error.status < 400) return undefined
  const { detail = "", serverCode, serverSource, status } = error
  const isDaemon = serverSource === undefined || serverSource === "DAYTONA_DAEMON"
  const hasOwnCode = serverCode !== undefined && /^(GIT|A11Y|RECORDING)_/.test(serverCode)
  if (!isDaemon || (!hasOwnCode && fromOthers.test(detail))) return undefined
  return {
    status,
    code: serverCode,
    words: detail,
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
      // The daemon says no before it begins.
      admitted: "no"
    }
  }
}

/**
 * Makes, out of what `read` knows, a function that gives the effects of an operation the failures that are possible there.
 * Of several readings of the same words, the first that is possible counts; without any, the error stays what it was.
 */
export const classifier =
  <Failure extends { readonly _tag: string }>(read: (told: Told) => ReadonlyArray<Failure>) =>
  <Tag extends Failure["_tag"]>(...possible: ReadonlyArray<Tag>) => {
    type Possible = Extract<Failure, { readonly _tag: Tag }>
    const isPossible = (failure: Failure): failure is Possible => possible.some((tag) => tag === failure._tag)
    return <A, E extends Known, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | Possible, R> =>
      Effect.mapError(effect, (error): E | Possible => {
        const known = told(error)
        return known === undefined ? error : (read(known).find(isPossible) ?? error)
      })
  }

/** The fields of a failure, with what to do about it. */
export const advised = (fields: RequestFailureFields, advice: string): RequestFailureFields => ({
  ...fields,
  message: `${fields.message}. ${advice}`
})
