/**
 * Finding what we made, and taking it away again. The response of a create can be lost, by an interruption, a deadline or
 * the network; so every create carries a label that nobody else has, and what bears it is ours.
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
import { operations } from "./operations.js"

/** The label of every sandbox that this SDK makes; its value is another one each time. */
export const creationLabel = "effect-sandboxes-creation"

/** By what a sandbox is found whose id never arrived. */
export interface Trace {
  readonly key: string
  readonly name: SandboxName | undefined
}

export interface Cleanup {
  /**
   * The sandboxes that a create made: none when there are none after a few looks, since the list lags behind. Fails with
   * the reason why that cannot be found out.
   */
  readonly find: (trace: Trace, looks?: Schedule.Schedule<unknown>) => Effect.Effect<ReadonlyArray<Sandbox>, string>
  /** Deletes a sandbox, again and again where need be. What could not be deleted is logged with its id. Never fails. */
  readonly remove: (id: SandboxId) => Effect.Effect<void>
  /** Deletes whatever a create made whose response never arrived. Never fails. */
  readonly removeTraced: (trace: Trace) => Effect.Effect<void>
}

/** At once, and then after 0.25, 0.5, 1, 2 and 4 seconds more. */
export const defaultLooks: Schedule.Schedule<unknown> = Schedule.exponential("250 millis").pipe(
  Schedule.intersect(Schedule.recurs(5))
)

/** A sandbox that is being created or started cannot be deleted before it is; then it can. */
const again: Schedule.Schedule<unknown> = Schedule.exponential("500 millis", 1.5).pipe(
  Schedule.union(Schedule.spaced("5 seconds"))
)

/** So long it is tried to find something, and to delete it. */
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
      // By its name, the server finds it at once.
      const named = name === undefined ? [] : yield* get(name)
      const ours = named.filter(({ labels }) => labels[creationLabel] === key)
      if (ours.length > 0) return ours
      const { items } = yield* client.call(operations.list, {
        query: { labels: { [creationLabel]: key }, includeErroredDeleted: true }
      })
      // A server that ignores the filter must not make us delete what is not ours.
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
      Effect.timeoutFail({ duration: patience, onTimeout: () => "no answer" })
    )

  /** Somebody else may be deleting it already. */
  const isGoing = (id: SandboxId) =>
    Effect.map(get(id), (found) => found.every(({ state }) => state === "destroying" || state === "destroyed"))

  const deleteOnce = (id: SandboxId): Effect.Effect<void, ApiError | Conflict> =>
    client.call(operations.delete, { path: { sandboxIdOrName: id }, sandboxId: id }).pipe(
      Effect.asVoid,
      Effect.catchTags({
        NotFound: () => Effect.void,
        Conflict: (error) => Effect.flatMap(isGoing(id), (going) => (going ? Effect.void : Effect.fail(error))),
        // It did what we asked, and told it in a way that we cannot read.
        InvalidResponse: (error) => (error.admitted === "yes" ? Effect.void : Effect.fail(error))
      })
    )

  const remove = (id: SandboxId) =>
    Effect.suspend(() => {
      let last = "no answer"
      const once = Effect.tapError(deleteOnce(id), ({ message }) => Effect.sync(() => (last = message)))
      return once.pipe(
        Effect.retry({ schedule: again, while: mayPass }),
        Effect.timeoutFail({ duration: patience, onTimeout: () => undefined }),
        Effect.catchAll(() =>
          Effect.annotateLogs(Effect.logWarning(`Sandbox ${id} was left behind: ${last}`), { sandboxId: id })
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
              `A sandbox may have been left behind, with the label ${creationLabel}=${trace.key}: ${why}`
            )
          )
        )
      )
  }
}
