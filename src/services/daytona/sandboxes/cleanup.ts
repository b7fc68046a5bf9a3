/**
 * Finds and deletes the sandboxes of failed creations. The response to a creation can be lost to an interruption, a
 * deadline or the network, so every request carries a unique label by which its sandbox can be found.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schedule from "effect/Schedule"
import type { ApiError, Conflict } from "../../../errors/ApiError.js"
import { runInDaemon } from "../../../internal/finalizerRequest.js"
import type { SandboxId, SandboxName } from "../../../schema/daytona/Identifiers.js"
import type { Sandbox } from "../../../schema/daytona/Sandbox.js"
import type { DaytonaClient } from "../DaytonaClient.js"
import { labels as ourLabels } from "../ownership.js"
import { operations } from "./operations.js"

/** The label of every sandbox that this package creates, with a unique value each time. */
export const creationLabel = ourLabels.creation

/** How to find a sandbox whose id is unknown. */
export interface Trace {
  readonly key: string
  readonly name: SandboxName | undefined
}

export interface Cleanup {
  /**
   * The sandboxes that a request created. Searches several times, since the server's list is updated with a delay.
   * Fails with the reason when the search fails.
   */
  readonly find: (trace: Trace, looks?: Schedule.Schedule<unknown>) => Effect.Effect<ReadonlyArray<Sandbox>, string>
  /** Deletes a sandbox, with retries. Never fails: a sandbox that could not be deleted is logged with its id. */
  readonly remove: (id: SandboxId) => Effect.Effect<void>
  /** Deletes what a request created whose response was lost. Never fails. */
  readonly removeTraced: (trace: Trace) => Effect.Effect<void>
}

/** Searches again after 0.25 seconds, and then after another 0.5, 1, 2 and 4 seconds. */
export const defaultLooks: Schedule.Schedule<unknown> = Schedule.exponential("250 millis").pipe(
  Schedule.intersect(Schedule.recurs(5))
)

/** A sandbox that is being created or started can only be deleted once that is done. */
const again: Schedule.Schedule<unknown> = Schedule.exponential("500 millis", 1.5).pipe(
  Schedule.union(Schedule.spaced("5 seconds"))
)

/** How long to try to find a sandbox, and to delete it. */
const patience = Duration.minutes(2)

const mayPass = (error: ApiError | Conflict): boolean => error.retryable || error._tag === "ServerError"

export const make = (client: DaytonaClient.Service): Cleanup => {
  const get = (sandboxIdOrName: SandboxId | SandboxName) =>
    client.call(operations.get, { path: { sandboxIdOrName } }).pipe(
      Effect.map((sandbox) => [sandbox]),
      Effect.catchTag("NotFound", () => Effect.succeed([]))
    )

  const look = ({ key, name }: Trace): Effect.Effect<ReadonlyArray<Sandbox>, ApiError> =>
    Effect.gen(function* () {
      // A lookup by name is not delayed.
      const named = name === undefined ? [] : yield* get(name)
      const ours = named.filter(({ labels }) => labels[creationLabel] === key)
      if (ours.length > 0) return ours
      const { items } = yield* client.call(operations.list, {
        query: { labels: { [creationLabel]: key }, includeErroredDeleted: true }
      })
      // Should a server ignore the filter, other sandboxes must not be deleted.
      const found = items.filter(({ labels }) => labels[creationLabel] === key)
      return (yield* Effect.forEach(found, ({ id }) => get(id))).flat()
    })

  const lookUntilFound = (trace: Trace, looks: Schedule.Schedule<unknown>) =>
    Effect.gen(function* () {
      const driver = yield* Schedule.driver(looks)
      while (true) {
        const found = yield* Effect.either(look(trace))
        if (Either.isRight(found) && found.right.length > 0) return found.right
        if (Either.isLeft(found) && !mayPass(found.left)) return yield* found.left
        if (!(yield* Effect.isSuccess(driver.next(undefined)))) return yield* found
      }
    })

  const find: Cleanup["find"] = (trace, looks = defaultLooks) =>
    lookUntilFound(trace, looks).pipe(
      Effect.mapError(({ message }) => message),
      Effect.timeoutFail({ duration: patience, onTimeout: () => "no response" })
    )

  /** Whether it is being deleted already. */
  const isGoing = (id: SandboxId) =>
    Effect.map(get(id), (found) => found.every(({ state }) => state === "destroying" || state === "destroyed"))

  const deleteOnce = (id: SandboxId): Effect.Effect<void, ApiError | Conflict> =>
    client.call(operations.delete, { path: { sandboxIdOrName: id }, sandboxId: id }).pipe(
      Effect.asVoid,
      Effect.catchTags({
        NotFound: () => Effect.void,
        Conflict: (error) => Effect.flatMap(isGoing(id), (going) => (going ? Effect.void : Effect.fail(error))),
        // The server deleted it, although its response cannot be read.
        InvalidResponse: (error) => (error.admitted === "yes" ? Effect.void : Effect.fail(error))
      })
    )

  const remove = (id: SandboxId) =>
    Effect.suspend(() => {
      let last = "no response"
      const once = Effect.tapError(deleteOnce(id), ({ message }) => Effect.sync(() => (last = message)))
      return once.pipe(
        Effect.retry({ schedule: again, while: mayPass }),
        Effect.timeoutFail({ duration: patience, onTimeout: () => undefined }),
        Effect.catchAll(() =>
          Effect.annotateLogs(Effect.logWarning(`Sandbox ${id} could not be deleted: ${last}`), { sandboxId: id })
        )
      )
    })

  return {
    find,
    remove: (id) => runInDaemon(remove(id)),
    removeTraced: (trace) =>
      runInDaemon(
        find(trace).pipe(
          Effect.flatMap(Effect.forEach(({ id }) => remove(id), { concurrency: 4, discard: true })),
          Effect.catchAll((why) =>
            Effect.logWarning(
              `A sandbox with the label ${creationLabel}=${trace.key} may not have been deleted: ${why}`
            )
          )
        )
      )
  }
}
