/** The output of a run, line by line. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Execution } from "effect-sandboxes/stromboli"
import { expectEqual } from "../expect.js"
import { Model } from "../model/Model.js"
import { says } from "../model/Reply.js"
import type { Area } from "./Area.js"

const prompt = "Count to three."

export const stream: Area = {
  name: "stream",
  drive: Effect.gen(function* () {
    const model = yield* Model
    yield* model.follow({ [prompt]: () => Effect.succeed(says("one\ntwo\nthree")) })
    const execution = yield* Execution
    const events = Chunk.toReadonlyArray(yield* Stream.runCollect(execution.stream({ prompt })))
    const lines = events.flatMap((event) => (event._tag === "Output" ? [event.line] : []))
    yield* expectEqual("the lines", lines, ["one", "two", "three"])
    yield* expectEqual("the last event", events.at(-1)?._tag, "Done")
  })
}
