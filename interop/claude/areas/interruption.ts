/** What is no longer wanted is stopped: the process ends, and so does what it waits for. */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { Agents, Execution } from "effect-sandboxes/stromboli"
import { Recordings } from "../cli/Recordings.js"
import { Mismatch } from "../expect.js"
import * as Gate from "../model/Gate.js"
import { Model } from "../model/Model.js"
import { says } from "../model/Reply.js"
import type { Area } from "./Area.js"

const prompt = "Never end."

/** A process that does not end by itself is killed after two seconds; a busy machine may take longer. */
const allHaveEnded = Effect.flatMap(Recordings, (recordings) =>
  recordings.all.pipe(
    Effect.repeat({ schedule: Schedule.spaced("50 millis"), until: (all) => all.every(({ hasEnded }) => hasEnded) }),
    Effect.timeoutFail({
      duration: "15 seconds",
      onTimeout: () => new Mismatch({ message: "the process was still running after 15 seconds" })
    })
  )
)

const interrupted = <E extends { readonly message: string }, R>(name: string, work: Effect.Effect<unknown, E, R>) => ({
  name,
  drive: Effect.gen(function* () {
    const model = yield* Model
    const gate = yield* Gate.make("an answer without end")
    yield* model.follow({ [prompt]: () => Effect.as(gate.pass, says("There is an end.")) })
    const fiber = yield* Effect.fork(work)
    yield* Effect.raceFirst(
      gate.reached,
      Effect.zipRight(Fiber.join(fiber), new Mismatch({ message: "the work ended before it was interrupted" }))
    )
    yield* Fiber.interrupt(fiber)
    yield* allHaveEnded
  })
})

export const interruptedRun: Area = interrupted(
  "interruption, run",
  Effect.flatMap(Execution, (execution) => execution.run({ prompt }))
)

export const interruptedStream: Area = interrupted(
  "interruption, stream",
  Effect.flatMap(Execution, (execution) => Stream.runDrain(execution.stream({ prompt })))
)

export const interruptedAgent: Area = interrupted(
  "interruption, agent",
  Effect.gen(function* () {
    const agents = yield* Agents
    const conversation = yield* agents.converse({})
    yield* Stream.runDrain(conversation.ask(prompt))
  }).pipe(Effect.scoped)
)
