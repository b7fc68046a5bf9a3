/** Agents: turn after turn in one process, with messages in pieces. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { type AgentEvent, Agents } from "effect-sandboxes/stromboli"
import { expectEqual } from "../expect.js"
import * as Gate from "../model/Gate.js"
import { Model } from "../model/Model.js"
import { says } from "../model/Reply.js"
import type { Area } from "./Area.js"

const textOf = (event: AgentEvent): string =>
  event._tag === "Output" && event.message._tag === "Partial" ? (event.message.text ?? "") : ""

export const agent: Area = {
  name: "agent",
  prints: ["system/init", "stream_event/content_block_delta", "assistant", "result/success"],
  drive: Effect.gen(function* () {
    const model = yield* Model
    yield* model.follow({
      "First question": () => Effect.succeed(says("First answer")),
      "Second question": ({ before }) =>
        Effect.succeed(says(`Second answer, after ${before.filter((text) => text === "First question").length}`))
    })
    const agents = yield* Agents
    const conversation = yield* agents.converse({})
    const first = yield* conversation.askResult("First question")
    const second = yield* conversation.askResult("Second question")
    yield* expectEqual("the answers", [first.text, second.text], ["First answer", "Second answer, after 1"])
  })
}

export const slowAnswer: Area = {
  name: "agent, slow answer",
  prints: ["stream_event/content_block_delta"],
  drive: Effect.gen(function* () {
    const model = yield* Model
    const gate = yield* Gate.make("the second half of the answer")
    yield* model.follow({ "Tell a story.": () => Effect.succeed(says("Once upon a time.", { midway: gate.pass })) })
    const agents = yield* Agents
    const conversation = yield* agents.converse({})
    const heard = yield* Deferred.make<void>()
    const turn = yield* conversation.ask("Tell a story.").pipe(
      Stream.map(textOf),
      Stream.tap((text) => (text === "" ? Effect.void : Deferred.succeed(heard, undefined))),
      Stream.mkString,
      Effect.fork
    )
    yield* gate.reached
    // The first half arrives while the second is held back.
    yield* Effect.raceFirst(Deferred.await(heard), Fiber.join(turn))
    yield* gate.open
    yield* expectEqual("the pieces", yield* Fiber.join(turn), "Once upon a time.")
  })
}

export const replayedPrompts: Area = {
  name: "agent, replay",
  prints: ["user"],
  drive: Effect.gen(function* () {
    const model = yield* Model
    yield* model.follow({ Hello: () => Effect.succeed(says("Hi.")) })
    const agents = yield* Agents
    const conversation = yield* agents.converse({ claude: { replayUserMessages: true } })
    const { text } = yield* conversation.askResult("Hello")
    yield* expectEqual("the answer", text, "Hi.")
  })
}

export const compaction: Area = {
  name: "agent, compaction",
  since: "2.1.0",
  prints: ["system/compact_boundary"],
  drive: Effect.gen(function* () {
    const model = yield* Model
    const summary = says("<summary>Nothing of importance was said.</summary>")
    yield* model.follow({
      Hello: () => Effect.succeed(says("Hi.")),
      "CRITICAL: Respond with TEXT ONLY": () => Effect.succeed(summary)
    })
    const agents = yield* Agents
    const conversation = yield* agents.converse({})
    yield* conversation.askResult("Hello")
    yield* conversation.askResult("/compact")
  })
}
