/** Creating and killing terminals. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { ApiError, Conflict, Gone, NotFound } from "../../../../errors/ApiError.js"
import { PtyId, type PtySize } from "../../../../schema/daytona/toolbox/Pty.js"
import { endIfThere, scopedCreation, uniqueName } from "../scopedCreation.js"
import { directoryOf, type Environment, variablesOf } from "../shellText.js"
import type { Toolbox } from "../Toolbox.js"
import { withRedaction } from "../withRedaction.js"
import { operations } from "./operations.js"

export interface CreateOptions {
  /** Default: a unique one. */
  readonly id?: string | undefined
  /** The directory of the shell, relative to the working directory of the daemon, which is the default. */
  readonly cwd?: string | undefined
  /** Variables in addition to those of the sandbox. `TERM` defaults to `xterm-256color`. */
  readonly env?: Environment | undefined
  /** Default: 80 columns by 24 rows. */
  readonly size?: PtySize | undefined
}

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
        // The shell starts with the first attachment, so that no output is lost.
        lazyStart: true
      }
      const created = withRedaction(env)(toolbox.call(operation, { body }))
      yield* name === undefined ? Effect.catchTag(created, "Conflict", () => Effect.void) : created
    })

  const idOf = ({ id }: CreateOptions): Effect.Effect<PtyId> =>
    Effect.map(id === undefined ? uniqueName : Effect.succeed(id), (name) => PtyId.make(name))

  const kill = (id: PtyId): Effect.Effect<void, ApiError | NotFound | Gone> =>
    toolbox.call(operations.kill, { path: { sessionId: id } })

  /** A terminal that was never attached to is taken for ours. */
  const isFresh = (id: PtyId) =>
    Effect.map(toolbox.call(operations.get, { path: { sessionId: id } }), ({ active }) => !active)

  return {
    kill,
    killIfThere: (id: PtyId): Effect.Effect<void, ApiError> => endIfThere(kill(id)),
    create: (options: CreateOptions): Effect.Effect<PtyId, ApiError | Conflict> =>
      Effect.tap(idOf(options), (id) => create(id, options)),
    /** Creates a terminal that is killed when the scope closes, also when its creation is interrupted. */
    scoped: (options: CreateOptions): Effect.Effect<PtyId, ApiError | Conflict, Scope.Scope> =>
      Effect.tap(idOf(options), (id) =>
        scopedCreation(toolbox, {
          what: `terminal ${id}`,
          create: create(id, options),
          end: kill(id),
          isOurs: options.id === undefined ? undefined : isFresh(id)
        })
      )
  }
}
