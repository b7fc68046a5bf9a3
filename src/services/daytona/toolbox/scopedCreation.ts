/**
 * Things in a sandbox that are made for a scope under a name that the client chooses, so that they can be found and
 * ended whatever becomes of the request for them.
 */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import type { ApiError, Conflict, Gone, NotFound } from "../../../errors/ApiError.js"
import { finalizerRequest } from "../../../internal/finalizerRequest.js"
import * as internal from "../../../internal/scopedCreation.js"

/** A name that nobody else has. */
export const uniqueName: Effect.Effect<string> = Effect.sync(
  () => `effect-sandboxes-${globalThis.crypto.randomUUID().replaceAll("-", "")}`
)

type EndError = ApiError | NotFound | Gone

const gone = { NotFound: () => Effect.void, Gone: () => Effect.void } as const

/** Ends something; that it has ended already is fine. */
export const endIfThere = (end: Effect.Effect<void, EndError>): Effect.Effect<void, ApiError> =>
  Effect.catchTags(end, gone)

/** The same for a finalizer: a failure is logged. */
export const endQuietly = (end: Effect.Effect<void, EndError>): Effect.Effect<void> =>
  endIfThere(end).pipe(finalizerRequest, Effect.ignoreLogged)

/** The request that makes it may still be on its way, and be there in a moment. */
const arrivals = Schedule.intersect(Schedule.spaced("250 millis"), Schedule.recurs(4))

export interface Creation<E> {
  readonly create: Effect.Effect<void, E>
  readonly end: Effect.Effect<void, EndError>
  /**
   * Where somebody else may have had something of that name before: whether what is there is ours, for all that can be
   * seen. Without it the name is ours alone.
   */
  readonly isOurs?: Effect.Effect<boolean, EndError> | undefined
}

/** Creates something that ends with the scope, also when its creation is interrupted or the response to it is lost. */
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
