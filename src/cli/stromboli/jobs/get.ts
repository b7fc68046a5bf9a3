/** `jobs get`. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Job, JobId, Jobs } from "../../../stromboli.js"
import * as Output from "../../frame/Output.js"
import { during } from "../../frame/Progress.js"
import { jobText } from "./jobText.js"

export const run = ({ id }: { readonly id: string }) =>
  Effect.gen(function* () {
    const jobs = yield* Jobs
    const job = yield* during(`Getting ${id}`)(jobs.get(JobId.make(id)))
    const now = yield* Clock.currentTimeMillis
    yield* Output.show(Schema.typeSchema(Job.Job), job, (shown) => jobText(shown, now))
  })
