/** Control requests. No server sends them, so the CLI gets them here on its own input. */
import * as Command from "@effect/platform/Command"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { ClaudeMessage } from "effect-sandboxes/stromboli"
import * as Gate from "../model/Gate.js"
import { Model } from "../model/Model.js"
import { says } from "../model/Reply.js"
import type { Area } from "./Area.js"

const prompt = "Think about it."

export const controlRequest: Area = {
  name: "control request",
  prints: ["control_response"],
  drive: Effect.gen(function* () {
    const model = yield* Model
    const gate = yield* Gate.make("a thought")
    yield* model.follow({ [prompt]: () => Effect.as(gate.pass, says("I have thought about it.")) })
    const input = yield* Queue.unbounded<object>()
    const lines = Stream.fromQueue(input).pipe(
      Stream.map((line) => `${JSON.stringify(line)}\n`),
      Stream.encodeText
    )
    const args = ["-p", "--verbose", "--input-format", "stream-json", "--output-format", "stream-json"]
    const child = yield* Command.start(Command.stdin(Command.make("claude", ...args), lines))
    yield* Queue.offer(input, { type: "user", message: { role: "user", content: prompt } })
    yield* gate.reached
    yield* Queue.offer(input, { type: "control_request", request_id: "r1", request: { subtype: "interrupt" } })
    yield* child.stdout.pipe(
      Stream.decodeText(),
      Stream.splitLines,
      Stream.map(ClaudeMessage.fromLine),
      Stream.tap((message) => (message._tag === "Result" ? Queue.shutdown(input) : Effect.void)),
      Stream.runDrain
    )
    yield* child.exitCode
  }).pipe(Effect.timeout("60 seconds"))
}
