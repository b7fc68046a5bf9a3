/** `jobs wait`. */
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { Job, JobId, Jobs } from "../../../stromboli.js"
import { Unsuccessful } from "../../frame/failures.js"
import * as Output from "../../frame/Output.js"
import { during } from "../../frame/Progress.js"
import { count } from "../../frame/words.js"
import { jobText } from "./jobText.js"

/** What the options are read as. */
export interface Values {
  readonly ids: ReadonlyArray<string>
  readonly timeout: Option.Option<Duration.Duration>
  readonly cancel: boolean
}

/** Polls at the intervals of the library, for as long as is wanted. */
const scheduleFor = (timeout: Duration.Duration) =>
  Schedule.exponential("500 millis", 1.5).pipe(Schedule.union(Schedule.spaced("5 seconds")), Schedule.upTo(timeout))

export const run = ({ cancel, ids, timeout }: Values) =>
  Effect.gen(function* () {
    const jobs = yield* Jobs
    const waiting = jobs.awaitAll(
      ids.map((id) => JobId.make(id)),
      {
        cancelOnInterrupt: cancel,
        concurrency: ids.length,
        ...Option.match(timeout, { onNone: () => ({}), onSome: (time) => ({ schedule: scheduleFor(time) }) })
      }
    )
    const interrupted = cancel
      ? `Interrupted: ${ids.join(", ")} marked as cancelled. The runs go on until they end.`
      : `Interrupted: ${ids.join(", ")} still running.`
    const found = yield* waiting.pipe(
      during(ids.length === 1 ? `Waiting for ${ids[0]}` : `Waiting for ${count(ids.length, "job")}`),
      Output.noteOnInterrupt(interrupted)
    )
    const now = yield* Clock.currentTimeMillis
    yield* Effect.forEach(
      found,
      (job, index) =>
        Output.show(Schema.typeSchema(Job.Job), job, (shown) => [index === 0 ? "" : "\n", jobText(shown, now)]),
      { discard: true }
    )
    const failed = found.filter((job) => !Job.isCompleted(job))
    if (failed.length > 0) {
      return yield* new Unsuccessful({
        message: failed.map(({ id, status }) => `Job ${id} is ${status}`).join("; ")
      })
    }
  })
