/** Waits for a sandbox: polls until it reaches the goal, can no longer reach it, or the wait times out. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type { ApiError, NotFound } from "../../../errors/ApiError.js"
import { SandboxFailed, SandboxWaitTimeout } from "../../../errors/daytona/controlPlane.js"
import { type PollOptions, pollUntil } from "../../../internal/poll.js"
import type { SandboxId } from "../../../schema/daytona/Identifiers.js"
import { isFailed, type Sandbox, type SandboxState } from "../../../schema/daytona/Sandbox.js"
import type { DaytonaClient } from "../DaytonaClient.js"
import { operations } from "./operations.js"
import { SandboxChanges } from "./SandboxChanges.js"

export interface AwaitOptions extends PollOptions {
  /** The time for the whole wait; default 60 seconds. `Duration.infinity`: no limit. */
  readonly timeout?: Duration.DurationInput | undefined
  /** When to poll. Default: every 100 ms for 5 seconds, then at growing intervals of up to a second. */
  readonly schedule?: Schedule.Schedule<unknown> | undefined
}

/** Whether a method waits for the new state, and how. */
export interface WaitOptions extends AwaitOptions {
  /** `false`: return as soon as the server has accepted the request. Default `true`. */
  readonly wait?: boolean | undefined
}

export type WaitError = ApiError | NotFound | SandboxFailed | SandboxWaitTimeout

/** The goal of a wait. Only states named here end it: an unknown state is neither success nor failure. */
export interface Goal {
  /** For messages, after "should": "have started". */
  readonly what: string
  readonly isReached: (sandbox: Sandbox) => boolean
  /** States, besides the failed ones, from which the goal can no longer be reached. */
  readonly lost: ReadonlyArray<SandboxState>
  /** Whether a sandbox that no longer exists has reached the goal. */
  readonly reachedWhenGone: boolean
}

const among =
  (...states: ReadonlyArray<SandboxState>) =>
  (sandbox: Sandbox): boolean =>
    states.includes(sandbox.state)

const gone: ReadonlyArray<SandboxState> = ["destroying", "destroyed"]

export const started: Goal = {
  what: "have started",
  isReached: among("started"),
  // Not `archived` or `stopped`: a sandbox keeps that state until its start has begun.
  lost: gone,
  reachedWhenGone: false
}

export const stopped: Goal = {
  what: "have stopped",
  isReached: among("stopped", "archiving", "archived", "destroyed"),
  lost: [],
  // Stopping an ephemeral sandbox destroys it.
  reachedWhenGone: true
}

export const paused: Goal = { what: "have been paused", isReached: among("paused"), lost: gone, reachedWhenGone: false }

export const archived: Goal = {
  what: "have been archived",
  isReached: among("archived"),
  lost: gone,
  reachedWhenGone: false
}

export const destroyed: Goal = {
  what: "have been destroyed",
  isReached: among("destroyed"),
  lost: [],
  reachedWhenGone: true
}

/** Started or stopped again, after a resize or a snapshot. */
export const settled = (what: string, isDone: (sandbox: Sandbox) => boolean = () => true): Goal => ({
  what,
  isReached: (sandbox) => among("started", "stopped")(sandbox) && isDone(sandbox),
  lost: gone,
  reachedWhenGone: false
})

export const inStates = (states: ReadonlyArray<SandboxState>): Goal => ({
  what: `be ${states.join(" or ")}`,
  isReached: among(...states),
  lost: states.includes("destroyed") ? [] : gone,
  reachedWhenGone: states.includes("destroyed")
})

export const defaultTimeout = Duration.seconds(60)

export const defaultSchedule: Schedule.Schedule<unknown> = Schedule.spaced("100 millis").pipe(
  Schedule.upTo("5 seconds"),
  Schedule.andThen(Schedule.exponential("110 millis", 1.1).pipe(Schedule.union(Schedule.spaced("1 second"))))
)

export const failed = (
  operation: string,
  { errorReason, id, recoverable, state }: Pick<Sandbox, "id" | "state" | "errorReason" | "recoverable">,
  goal: Goal
): SandboxFailed =>
  new SandboxFailed({
    system: "daytona",
    operation,
    sandboxId: id,
    state,
    ...(errorReason === undefined ? {} : { reason: errorReason }),
    ...(recoverable === undefined ? {} : { recoverable }),
    message: `Sandbox ${id} should ${goal.what}, but its state is ${state}${errorReason === undefined ? "" : `: ${errorReason}`}`
  })

const reasonOf = (sandbox: Sandbox | undefined): string =>
  sandbox?.errorReason === undefined ? "" : ` (${sandbox.errorReason})`

const timedOut = (
  { afterwards = "it can be awaited again", goal, id, operation }: Wait,
  last: Sandbox | undefined,
  when: string
) => {
  const lastState = last?.state ?? "unknown"
  return new SandboxWaitTimeout({
    system: "daytona",
    operation,
    sandboxId: id,
    lastState,
    message: `Sandbox ${id} should ${goal.what}, but its state was still ${lastState}${reasonOf(last)} ${when}; ${afterwards}`
  })
}

export interface Wait {
  readonly operation: string
  readonly id: SandboxId
  readonly goal: Goal
  /** The response to the request before the wait. Only success counts: an error in it may be older than the request. */
  readonly seen?: Sandbox | undefined
  /** The part of the timeout that the request took. */
  readonly spent?: Duration.Duration | undefined
  /** Whether the goal is lost to a failure; default: when the sandbox is in error. */
  readonly hasFailed?: ((sandbox: Sandbox) => boolean) | undefined
  /** What the error of a timeout says about the sandbox; default: that it can be awaited again. */
  readonly afterwards?: string | undefined
}

export type Waiter = (wait: Wait, options?: AwaitOptions) => Effect.Effect<Sandbox, WaitError>

/** The waiter of a client, which also uses `SandboxChanges` if it is provided. */
export const make = (client: DaytonaClient.Service): Effect.Effect<Waiter> =>
  Effect.map(Effect.serviceOption(SandboxChanges), (changes) => (awaited, options = {}) => {
    const { goal, hasFailed = isFailed, id, operation, seen, spent = Duration.zero } = awaited
    const { maxFailures, schedule = defaultSchedule, timeout = defaultTimeout } = options
    if (seen !== undefined && goal.isReached(seen)) return Effect.succeed(seen)
    return Effect.suspend(() => {
      let last = seen
      const judge = (sandbox: Sandbox): Effect.Effect<Option.Option<Sandbox>, SandboxFailed> => {
        last = sandbox
        if (goal.isReached(sandbox)) return Effect.succeedSome(sandbox)
        return hasFailed(sandbox) || goal.lost.includes(sandbox.state)
          ? Effect.fail(failed(operation, sandbox, goal))
          : Effect.succeedNone
      }
      const isGone = (error: NotFound): Effect.Effect<Option.Option<Sandbox>, NotFound | SandboxFailed> => {
        if (last === undefined) return Effect.fail(error)
        last = { ...last, state: "destroyed" }
        return goal.reachedWhenGone ? Effect.succeedSome(last) : Effect.fail(failed(operation, last, goal))
      }
      const poll = client
        .call(operations.get, { path: { sandboxIdOrName: id }, sandboxId: id })
        .pipe(Effect.flatMap(judge), Effect.catchTag("NotFound", isGone))
      const polling = pollUntil(poll, {
        timeout: Duration.infinity,
        schedule,
        maxFailures,
        sooner: Option.getOrUndefined(Option.map(changes, ({ changed }) => changed(id))),
        onEnd: (when) => timedOut(awaited, last, when)
      })
      const limit = Duration.decode(timeout)
      return Duration.isFinite(limit)
        ? Effect.timeoutFail(Effect.interruptible(polling), {
            duration: Duration.subtract(limit, spent),
            onTimeout: () => timedOut(awaited, last, `after ${Duration.format(limit)}`)
          })
        : polling
    })
  })
