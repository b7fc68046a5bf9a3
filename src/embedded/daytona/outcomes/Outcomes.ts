import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { HttpError } from "../http/HttpError.js"
import type { BackgroundTask } from "./BackgroundTask.js"
import * as Outcome from "./Outcome.js"

/** Which work an outcome is meant for, and how often. */
export interface Injection {
  readonly outcome: Outcome.Outcome
  readonly during: BackgroundTask
  /** The id or the name of the sandbox, snapshot or volume. Default: any. */
  readonly of?: string
  /** How many times it happens. Default 1; `Infinity` for always. */
  readonly times?: number
}

/** Decides how the work in the background ends. */
export interface Outcomes {
  /** Of several that match, the one injected first applies. */
  readonly inject: (injection: Injection) => Effect.Effect<void>
  /** Forgets all that have not happened yet. */
  readonly clear: Effect.Effect<void>
  /** What has not happened yet, with the times left. */
  readonly pending: Effect.Effect<ReadonlyArray<Injection>>
}

/** Whatever has an id and a name. */
export interface Named {
  readonly id: string
  readonly name: string
}

/** Work that failed; the record of what it was done to is still to be changed. */
export interface Failure {
  readonly reason: string
  readonly recoverable: boolean
}

/** {@link Outcomes} and the server's side of it. */
export interface OutcomeRegistry extends Outcomes {
  /** Whether the work takes time or is to go wrong, so that it shows. */
  readonly isObservable: (work: BackgroundTask, of: Named) => boolean
  /** Fails if the call that would begin this work is to be turned down. */
  readonly admit: (work: BackgroundTask, of: Named) => Effect.Effect<void, HttpError>
  /** Takes the time of this work, and fails if it is to fail. `limit` is how long the server puts up with it. */
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

/** Sleeps, but takes no turn of the event loop for nothing. */
export const sleepUnlessZero = (duration: Duration.Duration): Effect.Effect<void> =>
  Duration.equals(duration, Duration.zero) ? Effect.void : Effect.sleep(duration)
