/** Durable runs in memory: the engine of `@effect/workflow` on a clock that tests turn, over the embedded server. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import * as WorkflowEngine from "@effect/workflow/WorkflowEngine"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { type Run, Script } from "../../src/embedded/stromboli/index.js"
import { AgentRuns, DurableStore } from "../../src/workflow/index.js"
import { after, type Setup, services } from "./embedded.js"
import { turn } from "./until.js"

export const engine = DurableStore.layer.pipe(
  Layer.merge(WorkflowEngine.layerMemory),
  Layer.provideMerge(SqliteClient.layer({ filename: ":memory:" }))
)

/** Submits and works, over an embedded server. */
export const agentRuns = (setup: Setup = {}, worker: AgentRuns.WorkerOptions = {}) =>
  Layer.merge(AgentRuns.layer, AgentRuns.layerWorker(worker)).pipe(
    Layer.provideMerge(engine),
    Layer.provideMerge(services(setup))
  )

/**
 * Lets time pass until a program has ended, also while it waits for something that is not a clock: at first a second at
 * a time, and then more, so that hours do not take long.
 */
export const untilDone = <A, E, R>(program: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(program)
    for (let step = 0; fiber.unsafePoll() === null; step++) {
      yield* TestClock.adjust(step < 100 ? "1 second" : step < 200 ? "5 seconds" : "1 minute")
      for (let turns = 0; turns < 3; turns++) yield* turn
    }
    return yield* Fiber.join(fiber)
  })

/** An agent that works for a while, and the prompts that it was paid for. */
export const agent = (
  run: Run = (input) => Stream.concat(after("40 seconds"), Script.replies(input, "the answer"))
) => {
  const billed: Array<string> = []
  const counted: Run = (input) => {
    billed.push(input.prompt)
    return run(input)
  }
  return { billed, run: counted }
}

/** Changes what is stored, as another version would have stored it. */
export const rewrite = (change: string) => Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe(change))
