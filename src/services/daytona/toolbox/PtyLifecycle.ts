/** Terminals from their creation to their end. */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import type { ApiError, Conflict, Gone, NotFound } from "../../../errors/ApiError.js"
import { owed } from "../../../internal/owed.js"
import { PtyId, type PtySize } from "../../../schema/daytona/toolbox/Pty.js"
import { operations } from "./PtyOperations.js"
import { directoryOf, type Environment, variablesOf } from "./shellText.js"
import type { Toolbox } from "./Toolbox.js"

export interface CreateOptions {
  /** Default: one that nobody else has. */
  readonly id?: string | undefined
  /** Where the shell begins; relative to the working directory of the daemon, which is the default. */
  readonly cwd?: string | undefined
  /** Added to the environment of the sandbox. `TERM` is `xterm-256color` unless it is in here. */
  readonly env?: Environment | undefined
  /** Default: 80 columns and 24 rows. */
  readonly size?: PtySize | undefined
}

const uniqueId: Effect.Effect<PtyId> = Effect.sync(() =>
  PtyId.make(`effect-sandboxes-${globalThis.crypto.randomUUID()}`)
)

/** What is known of a terminal that was asked for. */
type Creation = "none" | "uncertain" | "made"

export const make = (toolbox: Toolbox.Service) => {
  const create = (id: PtyId, { cwd, env, id: name, size }: CreateOptions): Effect.Effect<void, ApiError | Conflict> =>
    Effect.gen(function* () {
      const operation = name === undefined ? operations.createUnique : operations.create
      const body = {
        id,
        cwd: yield* directoryOf(operation.name, cwd),
        env: yield* variablesOf(operation.name, env),
        columns: size?.columns,
        rows: size?.rows,
        // Its shell starts when somebody is attached: nothing that it prints is lost.
        lazyStart: true
      }
      const created = toolbox.call(operation, { body })
      yield* name === undefined ? Effect.catchTag(created, "Conflict", () => Effect.void) : created
    })

  const idOf = ({ id }: CreateOptions) => (id === undefined ? uniqueId : Effect.succeed(PtyId.make(id)))

  const kill = (id: PtyId): Effect.Effect<void, ApiError | NotFound | Gone> =>
    toolbox.call(operations.kill, { path: { sessionId: id } })

  const gone = { NotFound: () => Effect.void, Gone: () => Effect.void } as const

  const killQuietly = (id: PtyId): Effect.Effect<void> =>
    kill(id).pipe(Effect.catchTags(gone), owed, Effect.ignoreLogged)

  /** The same for one that nobody has seen yet: the request for it may still be on its way. */
  const killUnseen = (id: PtyId): Effect.Effect<void> =>
    kill(id).pipe(
      Effect.retry({
        while: ({ _tag }) => _tag === "NotFound",
        schedule: Schedule.intersect(Schedule.spaced("250 millis"), Schedule.recurs(4))
      }),
      Effect.catchTags(gone),
      owed,
      Effect.ignoreLogged
    )

  /** The same where somebody else may have had one of that name before: only if nobody was attached to it. */
  const killIfFresh = (id: PtyId): Effect.Effect<void> =>
    toolbox.call(operations.get, { path: { sessionId: id } }).pipe(
      Effect.flatMap(({ active }) => (active ? Effect.void : kill(id))),
      Effect.catchTags(gone),
      owed,
      Effect.ignoreLogged
    )

  return {
    kill,
    killIfThere: (id: PtyId): Effect.Effect<void, ApiError> => Effect.catchTags(kill(id), gone),
    create: (options: CreateOptions): Effect.Effect<PtyId, ApiError | Conflict> =>
      Effect.tap(idOf(options), (id) => create(id, options)),
    /** Creates a terminal that is killed with the scope, also when creating it is interrupted. */
    scoped: (options: CreateOptions): Effect.Effect<PtyId, ApiError | Conflict, Scope.Scope> =>
      Effect.uninterruptibleMask((restore) =>
        Effect.gen(function* () {
          const id = yield* idOf(options)
          let creation: Creation = "none"
          yield* Effect.addFinalizer(() => {
            if (creation === "none") return Effect.void
            if (creation === "made") return killQuietly(id)
            return options.id === undefined ? killUnseen(id) : killIfFresh(id)
          })
          creation = "uncertain"
          yield* Effect.tapError(restore(create(id, options)), ({ admitted }) =>
            Effect.sync(() => {
              if (admitted === "no") creation = "none"
            })
          )
          creation = "made"
          return id
        })
      )
  }
}
