/** Several prompts, one Claude. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { ClaudeCode, SessionId } from "effect-sandboxes/claude-code"
import { type Behaviour, expect, expectEqual, failureOf, processes, soon } from "./Behaviour.js"

/** Asks a Claude to think, interrupts it once it does, and tells how that ended. */
const interrupted = Effect.gen(function* () {
  const claude = yield* ClaudeCode
  const conversation = yield* claude.converse({ includePartialMessages: true })
  const turn = conversation.askStream("Think for long.")
  const outcome = yield* turn.pipe(
    // The consumer itself interrupts what it consumes.
    Stream.tap(({ _tag }) => (_tag === "Partial" ? conversation.interrupt : Effect.void)),
    Stream.runDrain,
    Effect.either,
    soon
  )
  return { conversation, outcome }
})

export const conversations: ReadonlyArray<Behaviour> = [
  {
    name: "a conversation remembers, and counts each turn and all of them",
    check: Effect.gen(function* () {
      const claude = yield* ClaudeCode
      const conversation = yield* claude.converse()
      const first = yield* conversation.ask("Say hello.")
      const second = yield* conversation.ask("What did I say before?")
      yield* expect(second.text.endsWith("Say hello."), `it remembers: ${second.text}`)
      yield* expectEqual("the session", [first.sessionId, second.sessionId], [conversation.sessionId, first.sessionId])
      yield* expect(
        Math.abs((first.costUsd ?? 0) - (second.costUsd ?? 1)) < 1e-9,
        `turns that cost ${first.costUsd} and ${second.costUsd}`
      )
      const { costUsd, turns, usage } = yield* conversation.spent
      yield* expectEqual("the cost in all", costUsd, second.totalCostUsd)
      yield* expectEqual("what was used", [turns, usage.inputTokens, usage.outputTokens], [2, 200, 14])
    })
  },
  {
    name: "two prompts at the same time are two turns, in order",
    check: Effect.gen(function* () {
      const claude = yield* ClaudeCode
      const conversation = yield* claude.converse()
      const first = yield* Effect.fork(conversation.ask("Say hello."))
      yield* Effect.yieldNow()
      const second = yield* conversation.ask("- is this an option?")
      yield* expectEqual("the answers", [(yield* first).text, second.text], ["Hello.", "No option."])
    })
  },
  {
    name: "a stream that is left early does not end the turn: the next prompt gets its own answer",
    check: Effect.gen(function* () {
      const claude = yield* ClaudeCode
      const conversation = yield* claude.converse()
      yield* expect(
        Option.isSome(yield* Stream.runHead(conversation.askStream("Say hello."))),
        "the first turn has no message"
      )
      yield* expectEqual("the answer", (yield* conversation.ask("- is this an option?")).text, "No option.")
    })
  },
  {
    name: "a stream that is left in the middle of a burst holds nothing up",
    places: processes,
    onlyStandIn: true,
    check: Effect.gen(function* () {
      const claude = yield* ClaudeCode
      const conversation = yield* claude.converse()
      yield* Stream.runHead(conversation.askStream("Burst."))
      yield* expectEqual("the answer", (yield* soon(conversation.ask("Say hello."))).text, "Hello.")
    })
  },
  {
    name: "news of a background task is not the answer to the next prompt",
    check: Effect.gen(function* () {
      const claude = yield* ClaudeCode
      const conversation = yield* claude.converse({ dangerouslySkipPermissions: true })
      const news = yield* conversation.messages.pipe(
        Stream.filter((message) => message._tag === "Result" && message.origin !== undefined),
        Stream.runHead,
        Effect.fork
      )
      yield* Effect.yieldNow()
      const texts: Array<string> = []
      for (const prompt of ["Delegate.", "Say hello.", "- is this an option?"]) {
        texts.push((yield* conversation.ask(prompt)).text)
      }
      yield* expectEqual("the answers", texts, ["Delegated.", "Hello.", "No option."])
      yield* expect(Option.isSome(yield* soon(Fiber.join(news))), "no news among all messages")
    })
  },
  {
    name: "an error ends a turn, not the conversation",
    check: Effect.gen(function* () {
      const claude = yield* ClaudeCode
      const conversation = yield* claude.converse({ maxTurns: 1, dangerouslySkipPermissions: true })
      yield* failureOf("ClaudeFailed", conversation.ask("Work without end."))
      yield* expectEqual("the answer", (yield* conversation.ask("Say hello.")).text, "Hello.")
    })
  },
  {
    name: "a turn can be interrupted, and the conversation goes on",
    places: processes,
    check: Effect.gen(function* () {
      const { conversation, outcome } = yield* interrupted
      const failure = Either.isLeft(outcome) ? outcome.left : undefined
      yield* expectEqual("how it ended", failure?._tag, "ClaudeFailed")
      yield* expect(failure?._tag === "ClaudeFailed" && failure.interrupted, "it is not marked as interrupted")
      yield* expectEqual("the answer", (yield* conversation.ask("Say hello.")).text, "Hello.")
      yield* conversation.interrupt
    })
  },
  {
    name: "an interruption is refused by its name",
    places: ["stromboli"],
    check: Effect.gen(function* () {
      const claude = yield* ClaudeCode
      const conversation = yield* claude.converse()
      yield* expectEqual("it", (yield* failureOf("InvalidRequest", conversation.interrupt)).field, "interrupt")
    })
  },
  {
    name: "a conversation continues a session, and forks it",
    places: processes,
    check: Effect.gen(function* () {
      const claude = yield* ClaudeCode
      const { sessionId: resume } = yield* claude.run({ prompt: "Say hello." })
      const asked = Effect.fn(function* (forkSession: boolean) {
        const conversation = yield* claude.converse({ resume, forkSession })
        return [conversation.sessionId, (yield* conversation.ask("What did I say before?")).text] as const
      }, Effect.scoped)
      const [continued, remembered] = yield* asked(false)
      yield* expectEqual("the session", continued, resume)
      yield* expect(remembered.endsWith("Say hello."), `it remembers: ${remembered}`)
      const [forked, kept] = yield* asked(true)
      yield* expect(forked !== resume, "the fork has the old session")
      yield* expect(kept.endsWith("Say hello. | What did I say before?"), `the fork remembers: ${kept}`)
    })
  },
  {
    name: "a conversation in a session that does not exist fails with the first prompt",
    places: processes,
    check: Effect.gen(function* () {
      const claude = yield* ClaudeCode
      const resume = SessionId.make("11111111-1111-4111-8111-111111111111")
      const conversation = yield* claude.converse({ resume })
      yield* failureOf("ClaudeSessionNotFound", conversation.ask("Say hello."))
      yield* failureOf("ClaudeSessionNotFound", conversation.ask("Say hello."))
    })
  },
  ...(["resume", "sessionId", "forkSession"] as const).map(
    (field): Behaviour => ({
      name: `agents have no ${field}: a stream and a conversation are refused by its name`,
      places: ["stromboli"],
      check: Effect.gen(function* () {
        const claude = yield* ClaudeCode
        const id = SessionId.make("11111111-1111-4111-8111-111111111111")
        const options = field === "forkSession" ? { forkSession: false } : { [field]: id }
        yield* expectEqual("converse", (yield* failureOf("InvalidRequest", claude.converse(options))).field, field)
        const stream = Stream.runDrain(claude.stream({ prompt: "Say hello.", ...options }))
        yield* expectEqual("stream", (yield* failureOf("InvalidRequest", stream)).field, field)
      })
    })
  ),
  {
    name: "a conversation ends with its scope, and its messages say so",
    check: Effect.gen(function* () {
      const claude = yield* ClaudeCode
      const conversation = yield* Effect.scoped(
        Effect.tap(claude.converse(), (conversation) => conversation.ask("Say hello."))
      )
      const outcome = yield* soon(Effect.either(conversation.ask("Say hello.")))
      yield* expect(Either.isLeft(outcome), "it answered after its scope")
      yield* soon(Effect.either(Stream.runDrain(conversation.messages)))
    })
  },
  {
    name: "three thousand messages at once all arrive, at a slow reader",
    places: processes,
    onlyStandIn: true,
    check: Effect.gen(function* () {
      const claude = yield* ClaudeCode
      const messages = yield* claude.stream({ prompt: "Burst." }).pipe(
        Stream.tap(({ _tag }) => (_tag === "System" ? Effect.sleep("300 millis") : Effect.void)),
        Stream.filter(({ _tag }) => _tag === "Assistant"),
        Stream.runCollect
      )
      yield* expectEqual("how many", Chunk.size(messages), 3_001)
    })
  }
]
