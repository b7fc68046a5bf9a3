/** `jobs ls`. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Job, Jobs } from "../../../stromboli.js"
import * as Output from "../../frame/Output.js"
import { during } from "../../frame/Progress.js"
import { ago } from "../../frame/words.js"
import { statusText } from "./status.js"

/** The first line of what came of a job. */
const beginningOf = (job: Job.Job): string => {
  const text = job.error ?? Job.resultOf(job)?.text ?? job.output ?? ""
  return text.trim().split("\n", 1)[0] ?? ""
}

export const run = () =>
  Effect.gen(function* () {
    const jobs = yield* Jobs
    const found = yield* during("Listing jobs")(jobs.list)
    const now = yield* Clock.currentTimeMillis
    yield* Output.showList(
      Schema.typeSchema(Job.Job),
      [...found].sort((left, right) => right.createdAt.localeCompare(left.createdAt)),
      {
        columns: [
          { head: "ID", cell: ({ id }) => id, whole: true },
          { head: "STATUS", cell: statusText },
          { head: "CREATED", cell: ({ createdAt }) => ago(createdAt, now) },
          { head: "OUTPUT", cell: beginningOf }
        ],
        empty: "No jobs. The server forgets a job an hour after it has ended."
      }
    )
  })
