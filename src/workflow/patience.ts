/** What takes long in a sandbox, in rounds of a workflow: asked for again and again by its key, until it is there. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { type Polls, pauseAfter } from "./pauses.js"
import * as Rounds from "./rounds.js"

/** A step that may take several rounds. */
export interface Patient<A, AI, E, EI, R> {
  readonly name: string
  readonly success: Schema.Schema<A, AI>
  readonly failure: Schema.Schema<E, EI>
  readonly polls: Polls
  /** After this time, a failure that may pass counts. */
  readonly deadline: Duration.Duration
  /** Asks for it; `None`: it is not there yet. */
  readonly attempt: Effect.Effect<Option.Option<A>, E, R>
}

const State = Schema.Struct({ begunAt: Schema.optional(Schema.Number), pauses: Schema.Number })

export const patiently = <A, AI, E extends { readonly retryable: boolean }, EI, R>({
  attempt,
  deadline,
  failure,
  name,
  polls,
  success
}: Patient<A, AI, E, EI, R>) =>
  Rounds.inRounds({
    name,
    success,
    failure,
    state: State,
    initial: { pauses: 0 },
    look: ({ state: before }) =>
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        const { begunAt = now, pauses } = before
        const state = { begunAt, pauses: pauses + 1 }
        const isLate = now >= begunAt + Duration.toMillis(deadline)
        const waiting = (least?: Duration.Duration): Rounds.Looked<A, typeof State.Type> => ({
          _tag: "Waiting",
          state,
          pause: pauseAfter(polls, pauses, least)
        })
        return yield* Effect.matchEffect(attempt, {
          onSuccess: Option.match({
            onNone: () => Effect.succeed(waiting()),
            onSome: (value) => Effect.succeed<Rounds.Looked<A, typeof State.Type>>({ _tag: "Over", value })
          }),
          onFailure: (error) => (error.retryable && !isLate ? Effect.succeed(waiting()) : Effect.fail(error))
        })
      })
  })
