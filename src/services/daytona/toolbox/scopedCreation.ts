/**
 * Creates things in a sandbox for the time of a scope. The client chooses their names, so that they can be found and
 * ended even if the response to their creation is lost.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import type { ApiError, Conflict, Gone, NotFound } from "../../../errors/ApiError.js"
import { finalizerRequest } from "../../../internal/finalizerRequest.js"
import { type PendingReleases, type Resource, unwatched } from "../../../internal/pendingReleases.js"
import * as internal from "../../../internal/scopedCreation.js"
import { Toolbox } from "./Toolbox.js"

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

/**
 * What is to be released of something in the sandbox. A getter, since a sandbox that is made when it is needed has no
 * id yet.
 */
export const debtIn = (toolbox: Toolbox.Service, what: string): Resource => ({
  get what() {
    return `${what} in sandbox ${toolbox.sandboxId}`
  },
  get inSandbox() {
    return toolbox.sandboxId
  }
})

/** For services that build on others: with doubles of those, there may be no toolbox, and nobody who waits. */
export const owedOfContext: Effect.Effect<{
  readonly pendingReleases: PendingReleases
  readonly resource: (what: string) => Resource
}> = Effect.map(
  Effect.serviceOption(Toolbox),
  Option.match({
    onNone: () => ({ pendingReleases: unwatched, resource: (what: string): Resource => ({ what }) }),
    onSome: (toolbox) => ({
      pendingReleases: toolbox.pendingReleases,
      resource: (what: string) => debtIn(toolbox, what)
    })
  })
)

export interface Creation<E> {
  /** With its name, for the log. */
  readonly what: string
  readonly create: Effect.Effect<void, E>
  readonly end: Effect.Effect<void, EndError>
  /**
   * For names that may have been taken before: whether what exists appears to be ours. Without it, the name is taken to
   * be unique.
   */
  readonly isOurs?: Effect.Effect<boolean, EndError> | undefined
}

/** Creates something that ends with the scope, also when its creation is interrupted or its response is lost. */
export const scopedCreation = <E extends ApiError | Conflict>(
  toolbox: Toolbox.Service,
  { create, end, isOurs, what }: Creation<E>
): Effect.Effect<void, E, Scope.Scope> =>
  internal.scopedCreation(toolbox.pendingReleases, {
    create,
    pending: debtIn(toolbox, what),
    resource: () => debtIn(toolbox, what),
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
