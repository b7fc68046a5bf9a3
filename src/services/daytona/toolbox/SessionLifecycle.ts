/** Sessions from their beginning to their end. */
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import type { ApiError, Conflict } from "../../../errors/ApiError.js"
import { owed } from "../../../internal/owed.js"
import { ProcessSessionId } from "../../../schema/daytona/toolbox/Session.js"
import { createUnique, operations, settled } from "./SessionOperations.js"
import * as shellLiveness from "./shellLiveness.js"
import type { Toolbox } from "./Toolbox.js"

/** 128 random bits as a name that nobody else has. */
const uniqueId: Effect.Effect<ProcessSessionId> = Effect.map(
  Effect.all(Array.from({ length: 4 }, () => Random.nextIntBetween(0, 2 ** 32))),
  (parts) => {
    const digits = parts.map((part) => part.toString(16).padStart(8, "0")).join("")
    return ProcessSessionId.make(`effect-sandboxes-${digits}`)
  }
)

/** What is known of a session that was asked for. */
type Creation = "none" | "uncertain" | "made"

export const make = (toolbox: Toolbox.Service) => {
  const createOwn = (sessionId: ProcessSessionId): Effect.Effect<void, ApiError> =>
    Effect.catchTag(toolbox.call(createUnique, { body: { sessionId } }), "Conflict", () => Effect.void)

  const createNamed = (sessionId: ProcessSessionId): Effect.Effect<void, ApiError | Conflict> =>
    toolbox.call(operations.create, { body: { sessionId } })

  const remove = (sessionId: ProcessSessionId) => toolbox.call(operations.delete, { path: { sessionId } })

  const gone = { NotFound: () => Effect.void } as const

  /** Deletes a session, whatever happens to who asked for it; that it is gone already is fine. */
  const end = (sessionId: ProcessSessionId): Effect.Effect<void> =>
    remove(sessionId).pipe(Effect.catchTags(gone), owed, Effect.ignoreLogged)

  /** The same for one that nobody has seen yet: the request for it may still be on its way. */
  const endUnseen = (sessionId: ProcessSessionId): Effect.Effect<void> =>
    remove(sessionId).pipe(
      Effect.retry({
        while: ({ _tag }) => _tag === "NotFound",
        schedule: Schedule.intersect(Schedule.spaced("250 millis"), Schedule.recurs(4))
      }),
      Effect.catchTags(gone),
      owed,
      Effect.ignoreLogged
    )

  /** The same for one whose name somebody else may have had before: only if nothing was run in it. */
  const endIfFresh = (sessionId: ProcessSessionId): Effect.Effect<void> =>
    settled(toolbox.call(operations.get, { path: { sessionId } })).pipe(
      Effect.flatMap(({ commands }) => (commands.length === 0 ? remove(sessionId) : Effect.void)),
      Effect.catchTags(gone),
      owed,
      Effect.ignoreLogged
    )

  /** Creates a session that is deleted with the scope, also when creating it is interrupted. */
  const scopedWith = <E extends ApiError | Conflict>(
    sessionId: ProcessSessionId,
    create: Effect.Effect<void, E>,
    endUncertain: (sessionId: ProcessSessionId) => Effect.Effect<void>
  ): Effect.Effect<ProcessSessionId, E, Scope.Scope> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        let creation: Creation = "none"
        yield* Effect.addFinalizer(() => {
          if (creation === "none") return Effect.void
          return creation === "made" ? end(sessionId) : endUncertain(sessionId)
        })
        creation = "uncertain"
        yield* Effect.tapError(restore(create), ({ admitted }) =>
          Effect.sync(() => {
            if (admitted === "no") creation = "none"
          })
        )
        creation = "made"
        return sessionId
      })
    )

  /** A session of our own. It knows no process id: what runs in it cannot end its shell. */
  const own: Effect.Effect<ProcessSessionId, ApiError, Scope.Scope> = Effect.flatMap(uniqueId, (sessionId) =>
    scopedWith(sessionId, createOwn(sessionId), endUnseen)
  )

  /** Has the shell say which process it is. Without that a session is as good, but for the notice that its shell is gone. */
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
    end,
    own,
    create: (id: string | undefined): Effect.Effect<ProcessSessionId, ApiError | Conflict> =>
      Effect.flatMap(id === undefined ? uniqueId : Effect.succeed(ProcessSessionId.make(id)), (sessionId) =>
        Effect.as(
          Effect.zipRight(id === undefined ? createOwn(sessionId) : createNamed(sessionId), introduce(sessionId)),
          sessionId
        )
      ),
    scoped: (id: string | undefined): Effect.Effect<ProcessSessionId, ApiError | Conflict, Scope.Scope> => {
      const session =
        id === undefined
          ? own
          : scopedWith(ProcessSessionId.make(id), createNamed(ProcessSessionId.make(id)), endIfFresh)
      return Effect.tap(session, introduce)
    }
  }
}
