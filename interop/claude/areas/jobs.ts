/** A run in the background, which is waited for later. */
import * as Effect from "effect/Effect"
import { Execution, Jobs } from "effect-sandboxes/stromboli"
import { expectEqual } from "../expect.js"
import * as Gate from "../model/Gate.js"
import { Model } from "../model/Model.js"
import { says } from "../model/Reply.js"
import type { Area } from "./Area.js"

const prompt = "Review the repository."

export const job: Area = {
  name: "job",
  drive: Effect.gen(function* () {
    const model = yield* Model
    const gate = yield* Gate.make("the review")
    yield* model.follow({ [prompt]: () => Effect.as(gate.pass, says("All is well.")) })
    const execution = yield* Execution
    const jobs = yield* Jobs
    const started = yield* execution.runAsync({ prompt })
    yield* gate.reached
    const running = yield* jobs.get(started.jobId)
    yield* expectEqual("the status meanwhile", running.status, "running")
    yield* gate.open
    const ended = yield* jobs.await(started)
    yield* expectEqual("the job", [ended.status, ended.output], ["completed", "All is well."])
  })
}
