/** Injects outcomes into background tasks. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { HttpError } from "../http/HttpError.js"
import type { BackgroundTask } from "./BackgroundTask.js"
import * as Outcome from "./Outcome.js"

/** Which tasks an outcome applies to, and how often. */
export interface Injection {
  readonly outcome: Outcome.Outcome
  readonly during: BackgroundTask
  /** The id or the name of the sandbox, snapshot or volume. Default: any. */
  readonly of?: string
  /** How many times it applies. Default 1; `Infinity` for always. */
  readonly times?: number
}

/** Controls how background tasks end. */
export interface Outcomes {
  /** Of several that match, the one injected first applies. */
  readonly inject: (injection: Injection) => Effect.Effect<void>
  /** Removes all outcomes that have not been applied yet. */
  readonly clear: Effect.Effect<void>
  /** The outcomes that have not been applied yet, with the remaining times. */
  readonly pending: Effect.Effect<ReadonlyArray<Injection>>
}

/** Anything with an id and a name. */
export interface Named {
  readonly id: string
  readonly name: string
}

/** A failed task; its effect on the stored record is up to the caller. */
export interface Failure {
  readonly reason: string
  readonly recoverable: boolean
}

/** {@link Outcomes} and what the server needs of them. */
export interface OutcomeRegistry extends Outcomes {
  /** Whether the task takes time or has an injected outcome, so that its intermediate state is visible. */
  readonly isObservable: (work: BackgroundTask, of: Named) => boolean
  /** Fails if an injected outcome refuses the call that would start this task. */
  readonly admit: (work: BackgroundTask, of: Named) => Effect.Effect<void, HttpError>
  /** Takes as long as the task, and fails if an outcome says so. `limit` is the server's own timeout. */
  readonly perform: (
    work: BackgroundTask,
    of: Named,
    limit?: { readonly after: Duration.DurationInput; readonly reason: string }
  ) => Effect.Effect<void, Failure>
}

export const make = (durations: (work: BackgroundTask) => Duration.Duration): OutcomeRegistry => {
  let injected: ReadonlyArray<Injection> = []

  const matches = ({ during, of: name }: Injection, work: BackgroundTask, of: Named) =>
    during === work && (name === undefined || name === of.id || name === of.name)

  const take = (work: BackgroundTask, of: Named, isRefusal: boolean) =>
    Effect.sync(() => {
      const found = injected.find(
        (candidate) => matches(candidate, work, of) && (candidate.outcome._tag === "Refuse") === isRefusal
      )
      const left = (found?.times ?? 1) - 1
      injected = injected.flatMap((candidate) =>
        candidate !== found ? [candidate] : left > 0 ? [{ ...candidate, times: left }] : []
      )
      return found?.outcome
    })

  const within = (
    duration: Duration.Duration,
    limit: { readonly after: Duration.DurationInput; readonly reason: string } | undefined
  ): Effect.Effect<void, Failure> =>
    limit !== undefined && Duration.greaterThan(duration, limit.after)
      ? Effect.zipRight(Effect.sleep(limit.after), Effect.fail({ reason: limit.reason, recoverable: false }))
      : sleepUnlessZero(duration)

  return {
    inject: (injection) =>
      Effect.sync(() => {
        injected = [...injected, injection]
      }),
    clear: Effect.sync(() => {
      injected = []
    }),
    pending: Effect.sync(() => injected),
    isObservable: (work, of) =>
      !Duration.equals(durations(work), Duration.zero) || injected.some((candidate) => matches(candidate, work, of)),
    admit: (work, of) =>
      Effect.flatMap(take(work, of, true), (outcome) =>
        outcome?._tag === "Refuse" ? new HttpError({ status: outcome.status, message: outcome.message }) : Effect.void
      ),
    perform: (work, of, limit) =>
      Effect.flatMap(take(work, of, false), (outcome) =>
        outcome === undefined
          ? within(durations(work), limit)
          : Outcome.match(outcome, {
              Fail: ({ reason, recoverable }) =>
                Effect.zipRight(sleepUnlessZero(durations(work)), Effect.fail({ reason, recoverable })),
              Stuck: () => Effect.never,
              Takes: ({ duration }) => within(Duration.decode(duration), limit),
              Refuse: () => Effect.void
            })
      )
  }
}

/** Sleeps, but does not yield to the event loop for a duration of zero. */
export const sleepUnlessZero = (duration: Duration.Duration): Effect.Effect<void> =>
  Duration.equals(duration, Duration.zero) ? Effect.void : Effect.sleep(duration)
