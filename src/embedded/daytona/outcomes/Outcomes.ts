import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { Refused } from "../http/Refused.js"
import * as Outcome from "./Outcome.js"
import type { Work } from "./Work.js"

/** Which work an outcome is meant for, and how often. */
export interface Injection {
  readonly outcome: Outcome.Outcome
  readonly during: Work
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
export interface OutcomeSource extends Outcomes {
  /** Whether the work takes time or is to go wrong, so that it shows. */
  readonly isNoticeable: (work: Work, of: Named) => boolean
  /** Fails if the call that would begin this work is to be turned down. */
  readonly admit: (work: Work, of: Named) => Effect.Effect<void, Refused>
  /** Takes the time of this work, and fails if it is to fail. `limit` is how long the server puts up with it. */
  readonly perform: (
    work: Work,
    of: Named,
    limit?: { readonly after: Duration.DurationInput; readonly reason: string }
  ) => Effect.Effect<void, Failure>
}

export const make = (durations: (work: Work) => Duration.Duration): OutcomeSource => {
  let armed: ReadonlyArray<Injection> = []

  const isMeant = ({ during, of: name }: Injection, work: Work, of: Named) =>
    during === work && (name === undefined || name === of.id || name === of.name)

  const take = (work: Work, of: Named, isRefusal: boolean) =>
    Effect.sync(() => {
      const found = armed.find(
        (candidate) => isMeant(candidate, work, of) && (candidate.outcome._tag === "Refuse") === isRefusal
      )
      const left = (found?.times ?? 1) - 1
      armed = armed.flatMap((candidate) =>
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
      : pass(duration)

  return {
    inject: (injection) =>
      Effect.sync(() => {
        armed = [...armed, injection]
      }),
    clear: Effect.sync(() => {
      armed = []
    }),
    pending: Effect.sync(() => armed),
    isNoticeable: (work, of) =>
      !Duration.equals(durations(work), Duration.zero) || armed.some((candidate) => isMeant(candidate, work, of)),
    admit: (work, of) =>
      Effect.flatMap(take(work, of, true), (outcome) =>
        outcome?._tag === "Refuse" ? new Refused({ status: outcome.status, message: outcome.message }) : Effect.void
      ),
    perform: (work, of, limit) =>
      Effect.flatMap(take(work, of, false), (outcome) =>
        outcome === undefined
          ? within(durations(work), limit)
          : Outcome.match(outcome, {
              Fail: ({ reason, recoverable }) =>
                Effect.zipRight(pass(durations(work)), Effect.fail({ reason, recoverable })),
              Stuck: () => Effect.never,
              Takes: ({ duration }) => within(Duration.decode(duration), limit),
              Refuse: () => Effect.void
            })
      )
  }
}

/** Sleeps, but takes no turn of the event loop for nothing. */
export const pass = (duration: Duration.Duration): Effect.Effect<void> =>
  Duration.equals(duration, Duration.zero) ? Effect.void : Effect.sleep(duration)
