/** A process that is killed from outside has crashed, however its output is read. */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { Execution } from "effect-sandboxes/stromboli"
import { Recordings } from "../cli/Recordings.js"
import { expect, expectEqual } from "../expect.js"
import * as Gate from "../model/Gate.js"
import { Model } from "../model/Model.js"
import { says } from "../model/Reply.js"
import type { Area } from "./Area.js"

const prompt = "Never end."

/** Kills the process of `work` in the middle, and gives what came of it. */
const killed = <A, E, R>(work: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const model = yield* Model
    const recordings = yield* Recordings
    const gate = yield* Gate.make("an answer without end")
    yield* model.follow({ [prompt]: () => Effect.as(gate.pass, says("There is an end.")) })
    const fiber = yield* Effect.fork(work)
    yield* gate.reached
    for (const { hasEnded, pid } of yield* recordings.all) if (!hasEnded) process.kill(pid, "SIGKILL")
    return yield* Fiber.join(fiber)
  })

export const crashedRun: Area = {
  name: "crash, run",
  drive: Effect.gen(function* () {
    const execution = yield* Execution
    const run = yield* killed(execution.run({ prompt }))
    yield* expectEqual("the run", run._tag, "Crashed")
  })
}

export const crashedStream: Area = {
  name: "crash, stream",
  drive: Effect.gen(function* () {
    const execution = yield* Execution
    const events = execution.stream({ prompt })
    const outcome = yield* Effect.either(killed(Stream.runLast(events)))
    yield* expect(
      /crash|killed/i.test(JSON.stringify(outcome)),
      `it ended as if all were well: ${JSON.stringify(outcome)}`
    )
  })
}
