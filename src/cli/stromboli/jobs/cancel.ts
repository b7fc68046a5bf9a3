/** `jobs cancel`. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { JobId, Jobs } from "../../../stromboli.js"
import * as Output from "../../frame/Output.js"
import { during } from "../../frame/Progress.js"

const Cancelled = Schema.Struct({ id: JobId })

export const run = ({ ids }: { readonly ids: ReadonlyArray<string> }) =>
  Effect.gen(function* () {
    const jobs = yield* Jobs
    for (const each of ids) {
      const id = JobId.make(each)
      yield* during(`Cancelling ${id}`)(jobs.cancel(id))
      yield* Output.show(Cancelled, { id }, () => `${id}\n`)
    }
    yield* Output.note("Marked as cancelled. The server does not stop containers: the runs go on until they end.")
  })
