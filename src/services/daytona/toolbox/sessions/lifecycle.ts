/** Creating and deleting sessions. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { ApiError, Conflict, NotFound } from "../../../../errors/ApiError.js"
import { ProcessSessionId } from "../../../../schema/daytona/toolbox/Session.js"
import * as shellLiveness from "../process/shellLiveness.js"
import * as termination from "../process/termination.js"
import { debtIn, endQuietly, scopedCreation, uniqueName } from "../scopedCreation.js"
import type { Toolbox } from "../Toolbox.js"
import { createUnique, operations, settled } from "./operations.js"

/** What runs of a command: itself, or what it has started, or nothing. */
export type CommandState = "running" | "ended" | "swept"

const idOf = (id: string | undefined): Effect.Effect<ProcessSessionId> =>
  Effect.map(id === undefined ? uniqueName : Effect.succeed(id), (name) => ProcessSessionId.make(name))

const labelOf = (sessionId: ProcessSessionId): string => `session ${sessionId}`

export const make = (toolbox: Toolbox.Service) => {
  const createUniquely = (sessionId: ProcessSessionId): Effect.Effect<void, ApiError> =>
    Effect.catchTag(toolbox.call(createUnique, { body: { sessionId } }), "Conflict", () => Effect.void)

  const createNamed = (sessionId: ProcessSessionId): Effect.Effect<void, ApiError | Conflict> =>
    toolbox.call(operations.create, { body: { sessionId } })

  const forget = (sessionId: ProcessSessionId): Effect.Effect<void, ApiError | NotFound> =>
    toolbox.call(operations.delete, { path: { sessionId } })

  /** Ends what runs in a session, and deletes it. */
  const remove = (sessionId: ProcessSessionId): Effect.Effect<void, ApiError | NotFound> =>
    termination.end(toolbox, sessionId, forget(sessionId))

  /** A session in which nothing was run is taken for ours. */
  const isFresh = (sessionId: ProcessSessionId) =>
    Effect.map(settled(toolbox.call(operations.get, { path: { sessionId } })), ({ commands }) => commands.length === 0)

  /**
   * Deletes a session in which nothing runs any more. That takes the daemon a tenth of a second at least, and only the
   * layer of the client waits for it. It has no span, which would outlive that of the method.
   */
  const forgetBehind = (sessionId: ProcessSessionId): Effect.Effect<void> =>
    toolbox.pendingReleases.follow(
      debtIn(toolbox, labelOf(sessionId)),
      Effect.withTracerEnabled(endQuietly(forget(sessionId)), false)
    )

  const removeAfter: Record<CommandState, (sessionId: ProcessSessionId) => Effect.Effect<void, ApiError | NotFound>> = {
    running: remove,
    ended: (sessionId) =>
      Effect.flatMap(termination.stop(toolbox, sessionId), (outcome) =>
        outcome === "failed" ? forget(sessionId) : forgetBehind(sessionId)
      ),
    swept: forgetBehind
  }

  /**
   * Creates a session that ends with the scope. Nothing has run in it when its creation did not complete.
   */
  const createScoped = <E extends ApiError | Conflict>(
    sessionId: ProcessSessionId,
    create: Effect.Effect<void, E>,
    options: { readonly state?: () => CommandState; readonly isOurs?: ReturnType<typeof isFresh> } = {}
  ): Effect.Effect<void, E, Scope.Scope> => {
    let isCreated = false
    return scopedCreation(toolbox, {
      what: labelOf(sessionId),
      create: Effect.tap(
        create,
        Effect.sync(() => {
          isCreated = true
        })
      ),
      end: Effect.suspend(() => (isCreated ? removeAfter[options.state?.() ?? "running"] : forget)(sessionId)),
      isOurs: options.isOurs
    })
  }

  /** A session under a unique name. `state`: of the only command in it. */
  const own = (state: () => CommandState = () => "running"): Effect.Effect<ProcessSessionId, ApiError, Scope.Scope> =>
    Effect.tap(idOf(undefined), (sessionId) => createScoped(sessionId, createUniquely(sessionId), { state }))

  /** Makes the shell record its process id. A session works without that, but an exit of its shell goes unnoticed. */
  const introduce = (sessionId: ProcessSessionId): Effect.Effect<void> =>
    toolbox
      .call(operations.start, {
        path: { sessionId },
        body: { command: shellLiveness.introduction(sessionId), runAsync: true }
      })
      .pipe(
        Effect.catchAll((error) => Effect.logDebug(`The shell of session ${sessionId} did not introduce itself`, error))
      )

  return {
    end: (sessionId: ProcessSessionId): Effect.Effect<void> => endQuietly(remove(sessionId)),
    createUniquely,
    own,
    remove,
    create: (id: string | undefined): Effect.Effect<ProcessSessionId, ApiError | Conflict> =>
      Effect.tap(idOf(id), (sessionId) =>
        Effect.zipRight(id === undefined ? createUniquely(sessionId) : createNamed(sessionId), introduce(sessionId))
      ),
    scoped: (id: string | undefined): Effect.Effect<ProcessSessionId, ApiError | Conflict, Scope.Scope> => {
      const named = Effect.tap(idOf(id), (sessionId) =>
        createScoped(sessionId, createNamed(sessionId), { isOurs: isFresh(sessionId) })
      )
      return Effect.tap(id === undefined ? own() : named, introduce)
    }
  }
}
