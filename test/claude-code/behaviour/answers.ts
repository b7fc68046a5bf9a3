/** One prompt, one answer. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { ClaudeCode, SessionId } from "effect-sandboxes/claude-code"
import { type Behaviour, expect, expectEqual, failureOf, processes } from "./Behaviour.js"

const Answer = Schema.Struct({ number: Schema.Number })

export const answers: ReadonlyArray<Behaviour> = [
  {
    name: "run returns the answer, its session, and what it has cost",
    check: Effect.gen(function* () {
      const claude = yield* ClaudeCode
      const result = yield* claude.run({ prompt: "Say hello." })
      yield* expectEqual("the text", result.text, "Hello.")
      yield* expectEqual("the usage", [result.usage?.inputTokens, result.usage?.outputTokens], [100, 7])
      yield* expect((result.costUsd ?? 0) > 0, `a cost of ${result.costUsd}`)
      yield* expectEqual("the cost in all", result.totalCostUsd, result.costUsd)
      yield* expect(result.sessionId !== undefined, "no session")
    })
  },
  {
    name: "a prompt that begins with a dash is a prompt",
    check: Effect.gen(function* () {
      const claude = yield* ClaudeCode
      yield* expectEqual("the text", (yield* claude.run({ prompt: "- is this an option?" })).text, "No option.")
    })
  },
  {
    name: "a prompt of 300 KB is read to its end",
    places: processes,
    check: Effect.gen(function* () {
      const claude = yield* ClaudeCode
      const { text } = yield* claude.run({ prompt: `Read this: ${"ü".repeat(300_000)}` })
      yield* expectEqual("the text", text, "300011 characters.")
    })
  },
  {
    name: "a prompt of 300 KB is refused by its name",
    places: ["stromboli"],
    check: Effect.gen(function* () {
      const claude = yield* ClaudeCode
      const run = claude.run({ prompt: `Read this: ${"ü".repeat(300_000)}` })
      yield* expectEqual("the field", (yield* failureOf("InvalidRequest", run)).field, "prompt")
    })
  },
  {
    name: "runStructured returns a value of the schema",
    check: Effect.gen(function* () {
      const claude = yield* ClaudeCode
      const { value } = yield* claude.runStructured(Answer, { prompt: "Give me a number." })
      yield* expectEqual("the value", value, { number: 42 })
    })
  },
  {
    name: "an answer that does not match the schema is kept in the failure",
    onlyStandIn: true,
    check: Effect.gen(function* () {
      const claude = yield* ClaudeCode
      const run = claude.runStructured(Answer, { prompt: "Give me no number." })
      const failure = yield* failureOf("ClaudeAnswerMismatch", run)
      yield* expectEqual("the field", failure.field, "number")
      yield* expectEqual("the answer", failure.result.structuredOutput, { number: "many" })
    })
  },
  {
    name: "an answer is that to the prompt, not the news of a background task",
    check: Effect.gen(function* () {
      const claude = yield* ClaudeCode
      yield* expectEqual("the text", (yield* claude.run({ prompt: "Delegate." })).text, "Delegated.")
    })
  },
  {
    name: "stream emits typed messages, of which the result is the last",
    check: Effect.gen(function* () {
      const claude = yield* ClaudeCode
      const messages = Chunk.toReadonlyArray(yield* Stream.runCollect(claude.stream({ prompt: "Say hello." })))
      const tags = messages.map(({ _tag }) => _tag)
      yield* expect(tags.includes("Assistant"), `no Assistant among ${tags}`)
      yield* expect(!tags.includes("Partial"), "parts that were not asked for")
      yield* expectEqual("the last one", tags.at(-1), "Result")
    })
  },
  {
    name: "stream emits parts of messages where they are asked for",
    check: Effect.gen(function* () {
      const claude = yield* ClaudeCode
      const options = { prompt: "Say hello.", includePartialMessages: true }
      const messages = Chunk.toReadonlyArray(yield* Stream.runCollect(claude.stream(options)))
      const text = messages.map((message) => (message._tag === "Partial" ? (message.text ?? "") : "")).join("")
      yield* expectEqual("the text", text, "Hello.")
    })
  },
  {
    name: "run continues a session, and forks it",
    check: Effect.gen(function* () {
      const claude = yield* ClaudeCode
      const first = yield* claude.run({ prompt: "Say hello." })
      const resume = first.sessionId
      const second = yield* claude.run({ prompt: "What did I say before?", resume })
      yield* expect(second.text.endsWith("Say hello."), `it remembers: ${second.text}`)
      yield* expectEqual("the session", second.sessionId, first.sessionId)
      // What it had cost before is in the total, and nobody tells how much that is.
      yield* expectEqual("the cost", second.costUsd, undefined)
      yield* expect((second.totalCostUsd ?? 0) > (first.totalCostUsd ?? 0), `a total of ${second.totalCostUsd}`)
      const forked = yield* claude.run({ prompt: "What did I say before?", resume, forkSession: true })
      yield* expect(forked.text.endsWith("Say hello. | What did I say before?"), `the fork remembers: ${forked.text}`)
      yield* expect(forked.sessionId !== first.sessionId, "the fork has the old session")
    })
  },
  {
    name: "run begins the session that it is told to begin",
    check: Effect.gen(function* () {
      const claude = yield* ClaudeCode
      const sessionId = SessionId.make(globalThis.crypto.randomUUID())
      yield* expectEqual("it", (yield* claude.run({ prompt: "Say hello.", sessionId })).sessionId, sessionId)
      const again = yield* Effect.either(claude.run({ prompt: "Say hello.", sessionId }))
      yield* expectEqual("whether Claude was asked again", Either.isLeft(again) ? again.left.admitted : "yes", "no")
    })
  },
  {
    name: "a session that does not exist is told apart, and Claude is not asked",
    check: Effect.gen(function* () {
      const claude = yield* ClaudeCode
      const resume = SessionId.make("11111111-1111-4111-8111-111111111111")
      const failure = yield* failureOf("ClaudeSessionNotFound", claude.run({ prompt: "Say hello.", resume }))
      yield* expectEqual("the session", failure.sessionId, resume)
    })
  },
  {
    name: "run fails when Claude runs out of turns, with what it has cost",
    check: Effect.gen(function* () {
      const claude = yield* ClaudeCode
      const run = claude.run({ prompt: "Work without end.", maxTurns: 1, dangerouslySkipPermissions: true })
      const failure = yield* failureOf("ClaudeFailed", run)
      yield* expectEqual("the subtype", failure.subtype, "error_max_turns")
      yield* expect((failure.totalCostUsd ?? 0) > 0, `a cost of ${failure.totalCostUsd}`)
      yield* expect(failure.sessionId !== undefined, "no session")
      yield* expectEqual("whether it was interrupted", failure.interrupted, false)
    })
  },
  {
    name: "a stream emits a result that is an error, and then fails",
    check: Effect.gen(function* () {
      const claude = yield* ClaudeCode
      const tags: Array<string> = []
      const stream = claude.stream({ prompt: "Work without end.", maxTurns: 1, dangerouslySkipPermissions: true })
      yield* failureOf(
        "ClaudeFailed",
        Stream.runForEach(stream, ({ _tag }) => Effect.sync(() => tags.push(_tag)))
      )
      yield* expectEqual("the last message", tags.at(-1), "Result")
    })
  }
]
