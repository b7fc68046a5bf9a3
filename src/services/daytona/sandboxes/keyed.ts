/**
 * Sandboxes with a key. The key becomes the name, and names are unique: of all that ask at once, one creates the
 * sandbox, and the others find it. So a request whose answer was lost may be sent again, and nothing is ever undone:
 * at any moment another process may already use the sandbox.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type { ApiError, BadRequest, Conflict, NotFound } from "../../../errors/ApiError.js"
import type { KeyConflict } from "../../../errors/daytona/controlPlane.js"
import type { CreateSandboxBody } from "../../../schema/daytona/CreateSandbox.js"
import { SandboxName } from "../../../schema/daytona/Identifiers.js"
import { isDestroyed, isFailed, isStarted, type Sandbox, type SandboxState } from "../../../schema/daytona/Sandbox.js"
import type { DaytonaClient } from "../DaytonaClient.js"
import { conflictOf, labels, nameOf, type Owner } from "../ownership.js"
import type { SandboxLifecycle } from "./lifecycle.js"
import { operations } from "./operations.js"
import { differingSecrets, digestOf } from "./parameters.js"
import * as Waits from "./waits.js"

/** What to do with a sandbox that exists already. */
export interface GetOrCreateOptions extends Waits.WaitOptions {
  /** Start it if it is stopped, archived or paused; default `true`. `false`: it is returned as it is. */
  readonly start?: boolean | undefined
  /**
   * When it is in error. `fail` (the default): fail with `SandboxFailed`, and leave it alone. `recover`: recover it,
   * as `Sandboxes.recover` does, if the server says that it can be. `replace`: delete it **with its disk**, and create
   * another one. One that was created just now and failed is always reported.
   */
  readonly ifFailed?: "fail" | "recover" | "replace" | undefined
}

type Body = typeof CreateSandboxBody.Type

/** The sandbox of a key, and whether this call created it. */
export interface Kept {
  readonly sandbox: Sandbox
  readonly created: boolean
}

export interface Keyed {
  readonly operation: string
  readonly owner: Owner
  /** Unique to this call. */
  readonly creation: string
  /** Without our labels and without a name. */
  readonly parameters: Body
  /** Our labels, without those of the key. */
  readonly labels: Readonly<Record<string, string>>
}

export type KeyedError = ApiError | NotFound | Conflict | KeyConflict | Waits.WaitError

const going: ReadonlyArray<SandboxState> = ["destroying", "destroyed"]
const resting: ReadonlyArray<SandboxState> = ["stopped", "archived", "paused"]
const final: ReadonlyArray<SandboxState> = ["started", "error", "build_failed", ...resting]

/** No change is under way. A failure is judged afterwards, and not by the wait. */
const settled: Waits.Goal = {
  what: Waits.started.what,
  isReached: ({ state }) => final.includes(state) || going.includes(state),
  lost: [],
  reachedWhenGone: true
}

/** Between two looks at a sandbox that others change at the same time. */
const pauses = Schedule.exponential("100 millis", 1.5).pipe(Schedule.union(Schedule.spaced("2 seconds")))

/** How often the request is sent when its answers are lost. */
const mostSent = 4

/** The sandbox may have changed: look at it again. */
const again = "again"

type CreationError = ApiError | NotFound | Conflict

/** The name belongs to a sandbox already: to one that another process creates at the same time, for example. */
const isTaken = (error: CreationError): boolean => error._tag === "Conflict" && !error.retryable

/** Whether the server created the sandbox, which then failed to start. */
export const isStartFailure = (error: CreationError | undefined): error is BadRequest =>
  error?._tag === "BadRequest" && error.detail?.startsWith("Sandbox failed to start") === true

export const make = (
  client: DaytonaClient.Service,
  wait: Waits.Waiter,
  { recover, start }: Pick<SandboxLifecycle, "recover" | "start">,
  send: (body: Body, deadline: Duration.Duration) => Effect.Effect<Sandbox, ApiError | NotFound | Conflict>
) => {
  const look = (name: SandboxName): Effect.Effect<Option.Option<Sandbox>, ApiError> =>
    client.call(operations.get, { path: { sandboxIdOrName: name } }).pipe(
      Effect.asSome,
      Effect.catchTag("NotFound", () => Effect.succeedNone)
    )

  /** Refuses a sandbox that is not that of the key, or not with these parameters. */
  const check = ({ operation, owner, parameters }: Keyed, digest: string, found: Sandbox) => {
    const isOurs = found.labels[labels.application] === owner.application && found.labels[labels.key] === owner.key
    const differing = isOurs ? differingSecrets(parameters, found) : []
    if (isOurs && differing.length === 0 && found.labels[labels.parameters] === digest) return Effect.void
    const reason = isOurs ? ("parameters" as const) : ("not-ours" as const)
    const { id, name } = found
    return Effect.fail(conflictOf({ ...owner, operation, kind: "sandbox", id, name, reason, differing }))
  }

  return (asked: Keyed, settings: GetOrCreateOptions): Effect.Effect<Kept, KeyedError> =>
    Effect.gen(function* () {
      const { creation, operation, owner, parameters } = asked
      const { ifFailed = "fail", start: starts = true, wait: waits = true, ...options } = settings
      const digest = yield* digestOf(operation, parameters)
      const name = SandboxName.make(nameOf(owner))
      const ours = { ...asked.labels, [labels.key]: owner.key, [labels.parameters]: digest }
      const body: Body = { ...parameters, name, labels: { ...parameters.labels, ...ours } }

      const begun = yield* Clock.currentTimeMillis
      const timeout = Duration.decode(options.timeout ?? Waits.defaultTimeout)
      const spent = Effect.map(Clock.currentTimeMillis, (now) => Duration.millis(now - begun))
      const left = Effect.map(spent, (passed) => Duration.subtract(timeout, passed))
      const waitOptions = Effect.map(left, (rest) => ({ ...options, wait: waits, timeout: rest }))
      const awaitGoal = (goal: Waits.Goal, seen: Sandbox, hasFailed?: () => boolean) =>
        Effect.flatMap(spent, (passed) =>
          wait({ operation, id: seen.id, goal, seen, spent: passed, hasFailed }, { ...options, timeout })
        )
      const driver = yield* Schedule.driver(pauses)
      /** Before looking again. Fails with the reason for that when there is no time left. */
      const pause = <E>(reason: E): Effect.Effect<typeof again, E> =>
        Effect.flatMap(left, (rest) =>
          Duration.greaterThan(rest, Duration.zero)
            ? Effect.as(Effect.ignore(driver.next(undefined)), again)
            : Effect.fail(reason)
        )

      let created = false
      let sent = 0
      /** Why the request that creates it has not led to a sandbox yet. */
      let lost: CreationError | undefined
      let hasReplaced = false
      let unrecoverable: BadRequest | undefined

      /** Creates the sandbox, unless another one that asks is faster, or the answer is lost. */
      const create = Effect.gen(function* () {
        if (lost !== undefined) {
          if (!isTaken(lost) && (!lost.retryable || sent >= mostSent)) return yield* lost
          yield* pause(lost)
        }
        sent++
        const answer = yield* Effect.either(Effect.flatMap(left, (rest) => send(body, rest)))
        if (answer._tag === "Right") {
          created = true
          lost = undefined
          return answer.right
        }
        lost = answer.left
        return lost.admitted === "no" && !isTaken(lost) && !isStartFailure(lost) ? yield* lost : again
      })

      const revive = (sandbox: Sandbox): Effect.Effect<Kept | typeof again, KeyedError> =>
        Effect.gen(function* () {
          const restart = Effect.flatMap(waitOptions, (rest) => start(sandbox.id, rest))
          const started = yield* Effect.either(restart)
          if (started._tag === "Right") return { sandbox: started.right, created }
          const error = started.left
          // Another one starts, stops or deletes it at the same time.
          return error._tag === "NotFound" || (error._tag === "Conflict" && error.retryable)
            ? yield* pause(error)
            : yield* error
        })

      const repair = (sandbox: Sandbox): Effect.Effect<Kept | typeof again, KeyedError> =>
        Effect.gen(function* () {
          if (unrecoverable !== undefined) return yield* unrecoverable
          const errorReason = sandbox.errorReason ?? (isStartFailure(lost) ? lost.detail : undefined)
          const failure = Waits.failed(operation, { ...sandbox, errorReason }, Waits.started)
          if (created || hasReplaced || ifFailed === "fail") return yield* failure
          if (ifFailed === "recover") {
            if (sandbox.recoverable === false) return yield* failure
            const recovery = Effect.flatMap(waitOptions, (rest) => recover(sandbox.id, rest))
            const recovered = yield* Effect.either(recovery)
            if (recovered._tag === "Right") return { sandbox: recovered.right, created }
            const error = recovered.left
            // Another one may have recovered it already.
            if (error._tag === "BadRequest") unrecoverable = error
            return error._tag === "BadRequest" || error._tag === "Conflict" ? yield* pause(error) : yield* error
          }
          const removed = yield* Effect.either(
            client.call(operations.delete, { path: { sandboxIdOrName: sandbox.id }, sandboxId: sandbox.id })
          )
          if (removed._tag === "Left" && removed.left._tag !== "NotFound") {
            return removed.left._tag === "Conflict" ? yield* pause(removed.left) : yield* removed.left
          }
          hasReplaced = true
          return again
        })

      /** The sandbox as it was asked for, or a reason to look again. */
      const bring = (sandbox: Sandbox): Effect.Effect<Kept | typeof again, KeyedError> =>
        Effect.gen(function* () {
          if (sandbox.labels[labels.creation] === creation) created = true
          if (going.includes(sandbox.state) || sandbox.desiredState === "destroyed") {
            if (created) return yield* Waits.failed(operation, sandbox, Waits.started)
            yield* Effect.catchTag(awaitGoal(Waits.destroyed, sandbox), "NotFound", () => Effect.void)
            // A server may show it under its name for a while longer.
            return yield* pause(Waits.failed(operation, sandbox, Waits.destroyed))
          }
          if (!created) yield* check(asked, digest, sandbox)
          if (isFailed(sandbox)) return yield* repair(sandbox)
          if (isStarted(sandbox)) return { sandbox, created }
          if (resting.includes(sandbox.state)) return starts ? yield* revive(sandbox) : { sandbox, created }
          return waits
            ? yield* Effect.flatMap(
                awaitGoal(settled, sandbox, () => false),
                bring
              )
            : { sandbox, created }
        })

      while (true) {
        const found = yield* Effect.mapError(look(name), (error) =>
          lost === undefined || isTaken(lost) ? error : lost
        )
        const sandbox = Option.isSome(found) && !isDestroyed(found.value) ? found.value : yield* create
        const brought = sandbox === again ? again : yield* bring(sandbox)
        if (brought !== again) return brought
      }
    })
}
