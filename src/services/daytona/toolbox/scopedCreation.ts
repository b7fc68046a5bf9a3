/**
 * Creates things in a sandbox for the time of a scope. The client chooses their names, so that they can be found and
 * ended even if the response to their creation is lost.
 */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import type { ApiError, Conflict, Gone, NotFound } from "../../../errors/ApiError.js"
import { finalizerRequest } from "../../../internal/finalizerRequest.js"
import * as internal from "../../../internal/scopedCreation.js"

/** A unique name. */
export const uniqueName: Effect.Effect<string> = Effect.sync(
  () => `effect-sandboxes-${globalThis.crypto.randomUUID().replaceAll("-", "")}`
)

type EndError = ApiError | NotFound | Gone

const gone = { NotFound: () => Effect.void, Gone: () => Effect.void } as const

/** Ends something; succeeds if it has ended already. */
export const endIfThere = (end: Effect.Effect<void, EndError>): Effect.Effect<void, ApiError> =>
  Effect.catchTags(end, gone)

/** The same for a finalizer: failures are logged. */
export const endQuietly = (end: Effect.Effect<void, EndError>): Effect.Effect<void> =>
  endIfThere(end).pipe(finalizerRequest, Effect.ignoreLogged)

/** The request that creates it may still be on its way. */
const arrivals = Schedule.intersect(Schedule.spaced("250 millis"), Schedule.recurs(4))

export interface Creation<E> {
  readonly create: Effect.Effect<void, E>
  readonly end: Effect.Effect<void, EndError>
  /**
   * For names that may have been taken before: whether what exists appears to be ours. Without it, the name is taken to
   * be unique.
   */
  readonly isOurs?: Effect.Effect<boolean, EndError> | undefined
}

/** Creates something that ends with the scope, also when its creation is interrupted or its response is lost. */
export const scopedCreation = <E extends ApiError | Conflict>({
  create,
  end,
  isOurs
}: Creation<E>): Effect.Effect<void, E, Scope.Scope> =>
  internal.scopedCreation({
    create,
    remove: () => endQuietly(end),
    removeLost: (cause) => {
      if (!internal.mayHaveCreated(cause)) return Effect.void
      return endQuietly(
        isOurs === undefined
          ? Effect.retry(end, { while: ({ _tag }) => _tag === "NotFound", schedule: arrivals })
          : Effect.flatMap(isOurs, (ours) => (ours ? end : Effect.void))
      )
    }
  })
