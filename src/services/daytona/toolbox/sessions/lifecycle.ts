/** Creating and deleting sessions. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { ApiError, Conflict } from "../../../../errors/ApiError.js"
import { ProcessSessionId } from "../../../../schema/daytona/toolbox/Session.js"
import * as shellLiveness from "../process/shellLiveness.js"
import { endQuietly, scopedCreation, uniqueName } from "../scopedCreation.js"
import type { Toolbox } from "../Toolbox.js"
import { createUnique, operations, settled } from "./operations.js"

const idOf = (id: string | undefined): Effect.Effect<ProcessSessionId> =>
  Effect.map(id === undefined ? uniqueName : Effect.succeed(id), (name) => ProcessSessionId.make(name))

export const make = (toolbox: Toolbox.Service) => {
  const createUniquely = (sessionId: ProcessSessionId): Effect.Effect<void, ApiError> =>
    Effect.catchTag(toolbox.call(createUnique, { body: { sessionId } }), "Conflict", () => Effect.void)

  const createNamed = (sessionId: ProcessSessionId): Effect.Effect<void, ApiError | Conflict> =>
    toolbox.call(operations.create, { body: { sessionId } })

  const remove = (sessionId: ProcessSessionId) => toolbox.call(operations.delete, { path: { sessionId } })

  /** A session in which nothing was run is taken for ours. */
  const isFresh = (sessionId: ProcessSessionId) =>
    Effect.map(settled(toolbox.call(operations.get, { path: { sessionId } })), ({ commands }) => commands.length === 0)

  /** A session under a unique name. It does not introduce itself: our commands in it cannot end its shell. */
  const own: Effect.Effect<ProcessSessionId, ApiError, Scope.Scope> = Effect.tap(idOf(undefined), (sessionId) =>
    scopedCreation({ create: createUniquely(sessionId), end: remove(sessionId) })
  )

  /** Makes the shell print its process id. A session works without that, but an exit of its shell goes unnoticed. */
  const introduce = (sessionId: ProcessSessionId): Effect.Effect<void> =>
    toolbox
      .call(operations.start, {
        path: { sessionId },
        body: { command: shellLiveness.introduction, runAsync: true }
      })
      .pipe(
        Effect.catchAll((error) => Effect.logDebug(`The shell of session ${sessionId} did not introduce itself`, error))
      )

  return {
    end: (sessionId: ProcessSessionId): Effect.Effect<void> => endQuietly(remove(sessionId)),
    own,
    create: (id: string | undefined): Effect.Effect<ProcessSessionId, ApiError | Conflict> =>
      Effect.tap(idOf(id), (sessionId) =>
        Effect.zipRight(id === undefined ? createUniquely(sessionId) : createNamed(sessionId), introduce(sessionId))
      ),
    scoped: (id: string | undefined): Effect.Effect<ProcessSessionId, ApiError | Conflict, Scope.Scope> => {
      const named = Effect.tap(idOf(id), (sessionId) =>
        scopedCreation({
          create: createNamed(sessionId),
          end: remove(sessionId),
          isOurs: isFresh(sessionId)
        })
      )
      return Effect.tap(id === undefined ? own : named, introduce)
    }
  }
}
