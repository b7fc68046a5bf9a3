/** Waiting for a sandbox: asking until it is what it should be, cannot become that, or the time is up. */
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

/** Whether a method waits for what it asked for, and how. */
export interface WaitOptions extends AwaitOptions {
  /** `false`: be content with the server's word that it has begun. */
  readonly wait?: boolean | undefined
}

export type WaitError = ApiError | NotFound | SandboxFailed | SandboxWaitTimeout

/** What a wait is for. Only states that are named here end it: one that is unknown is neither success nor failure. */
export interface Goal {
  /** For messages: "to be started". */
  readonly what: string
  readonly isReached: (sandbox: Sandbox) => boolean
  /** States, besides the failed ones, from which it is not reached any more. */
  readonly lost: ReadonlyArray<SandboxState>
  /** Whether a sandbox that is gone is what was waited for. */
  readonly reachedWhenGone: boolean
}

const among =
  (...states: ReadonlyArray<SandboxState>) =>
  (sandbox: Sandbox): boolean =>
    states.includes(sandbox.state)

const gone: ReadonlyArray<SandboxState> = ["destroying", "destroyed"]

export const started: Goal = {
  what: "to be started",
  isReached: among("started"),
  // Not `archived` or `stopped`: that is how a sandbox shows until its start has begun.
  lost: gone,
  reachedWhenGone: false
}

export const stopped: Goal = {
  what: "to be stopped",
  isReached: among("stopped", "archiving", "archived", "destroyed"),
  lost: [],
  // An ephemeral sandbox is destroyed by being stopped.
  reachedWhenGone: true
}

export const paused: Goal = { what: "to be paused", isReached: among("paused"), lost: gone, reachedWhenGone: false }

export const archived: Goal = {
  what: "to be archived",
  isReached: among("archived"),
  lost: gone,
  reachedWhenGone: false
}

export const destroyed: Goal = {
  what: "to be destroyed",
  isReached: among("destroyed"),
  lost: [],
  reachedWhenGone: true
}

/** Back in a state of rest, after a resize or a snapshot. */
export const settled = (what: string, isDone: (sandbox: Sandbox) => boolean = () => true): Goal => ({
  what,
  isReached: (sandbox) => among("started", "stopped")(sandbox) && isDone(sandbox),
  lost: gone,
  reachedWhenGone: false
})

export const inStates = (states: ReadonlyArray<SandboxState>): Goal => ({
  what: `to be ${states.join(" or ")}`,
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
    message: `Sandbox ${id} was ${goal.what}, but is ${state}${errorReason === undefined ? "" : `: ${errorReason}`}`
  })

const unfinished = (operation: string, sandboxId: SandboxId, lastState: string, goal: Goal, why: string) =>
  new SandboxWaitTimeout({
    system: "daytona",
    operation,
    sandboxId,
    lastState,
    message: `Sandbox ${sandboxId} was ${goal.what}, but was still ${lastState} ${why}; it goes on, and can be awaited again`
  })

export interface Wait {
  readonly operation: string
  readonly id: SandboxId
  readonly goal: Goal
  /** What the request before the wait brought. An error in it may be older than the request, so only success counts. */
  readonly seen?: Sandbox | undefined
}

export type Waiter = (wait: Wait, options?: AwaitOptions) => Effect.Effect<Sandbox, WaitError>

/** The waiter of one client, with the push source of the layer, if there is one. */
export const make = (client: DaytonaClient.Service): Effect.Effect<Waiter> =>
  Effect.map(Effect.serviceOption(SandboxChanges), (events) => ({ goal, id, operation, seen }, options = {}) => {
    const { maxFailures, schedule = defaultSchedule, timeout = defaultTimeout } = options
    if (seen !== undefined && goal.isReached(seen)) return Effect.succeed(seen)
    return Effect.suspend(() => {
      let last = seen
      const judge = (sandbox: Sandbox): Effect.Effect<Option.Option<Sandbox>, SandboxFailed> => {
        last = sandbox
        if (goal.isReached(sandbox)) return Effect.succeedSome(sandbox)
        return isFailed(sandbox) || goal.lost.includes(sandbox.state)
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
      return pollUntil(poll, {
        timeout,
        schedule,
        maxFailures,
        sooner: Option.getOrUndefined(Option.map(events, ({ changed }) => changed(id))),
        onEnd: (when) => unfinished(operation, id, last?.state ?? "unknown", goal, when)
      })
    })
  })
