/** Answers that are values of a schema. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Execution } from "effect-sandboxes/stromboli"
import { expectEqual } from "../expect.js"
import { Model } from "../model/Model.js"
import { says, uses } from "../model/Reply.js"
import type { Area } from "./Area.js"

const prompt = "Name a city."
const City = Schema.Struct({ name: Schema.String, inhabitants: Schema.Int })
const city = { name: "Naples", inhabitants: 913_462 }

export const structuredOutput: Area = {
  name: "structured output",
  prints: ["result/success"],
  drive: Effect.gen(function* () {
    const model = yield* Model
    yield* model.follow({
      [prompt]: ({ toolResults }) =>
        Effect.succeed(toolResults === 0 ? uses("StructuredOutput", city) : says("I have named a city."))
    })
    const execution = yield* Execution
    const { value } = yield* execution.runStructured(City, { prompt })
    yield* expectEqual("the value", value, city)
  })
}
