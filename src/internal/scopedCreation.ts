/**
 * Creates something on a server for a scope, so that nothing is left behind: not by an interruption, not by a deadline,
 * not by a lost response, and not by the end of the process, as far as the layer of the client can wait for it.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { Admitted } from "../errors/RequestFailure.js"
import { runInDaemon } from "./finalizerRequest.js"
import type { PendingReleases, Resource } from "./pendingReleases.js"

export interface Creation<A, E, R> {
  readonly create: Effect.Effect<A, E, R>
  /** What is to be released while it is being created. */
  readonly pending: Resource
  /** What is to be released from then on. */
  readonly resource: (created: A) => Resource
  /** Runs when the scope closes. */
  readonly remove: (created: A) => Effect.Effect<void>
  /** Runs at once when `create` fails or is interrupted: there may be something on the server all the same. */
  readonly removeLost: (cause: Cause.Cause<E>) => Effect.Effect<void>
  /** Runs once it is created, in the scope: counts what the scope holds. */
  readonly held?: Effect.Effect<void, never, Scope.Scope>
}

/** `create` can be interrupted; what follows it cannot, so what was created always has a finalizer. */
export const scopedCreation = <A, E, R>(
  pendingReleases: PendingReleases,
  { create, resource, held = Effect.void, pending, remove, removeLost }: Creation<A, E, R>
): Effect.Effect<A, E, R | Scope.Scope> =>
  pendingReleases.during(pending)(
    Effect.uninterruptibleMask((restore) =>
      restore(create).pipe(
        Effect.onError(removeLost),
        Effect.tap((created) => Effect.zipRight(held, pendingReleases.hold(resource(created), remove(created))))
      )
    )
  )

/** The same for what cannot be found again: `create` is completed even if its caller is interrupted. */
export const completedCreation = <A, E, R>(
  pendingReleases: PendingReleases,
  { create, resource, pending, remove }: Omit<Creation<A, E, R>, "removeLost">
): Effect.Effect<A, E, R | Scope.Scope> =>
  pendingReleases.during(pending)(
    Effect.uninterruptible(
      Effect.tap(runInDaemon(create), (created) => pendingReleases.hold(resource(created), remove(created)))
    )
  )

/** Only an error can prove that the server created nothing; after an interruption or a defect it may have. */
export const mayHaveCreated = (cause: Cause.Cause<{ readonly admitted: Admitted }>): boolean =>
  Option.match(Cause.failureOption(cause), {
    onNone: () => true,
    onSome: ({ admitted }) => admitted !== "no"
  })
