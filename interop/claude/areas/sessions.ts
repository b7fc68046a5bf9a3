/** Conversations that go on from run to run. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { Agents, type ClaudeOptions, Execution, Session, SessionId, Sessions } from "effect-sandboxes/stromboli"
import { expectEqual } from "../expect.js"
import { Model } from "../model/Model.js"
import { says } from "../model/Reply.js"
import type { Area } from "./Area.js"

const introduction = "My name is Alice."
const question = "What is my name?"

/** Knows the name only if the request carries what was said before. */
const script = {
  [introduction]: () => Effect.succeed(says("Hello.")),
  [question]: ({ before }: { readonly before: ReadonlyArray<string> }) =>
    Effect.succeed(says(before.includes(introduction) ? "Alice" : "I do not know."))
}

export const session: Area = {
  name: "session",
  drive: Effect.gen(function* () {
    const model = yield* Model
    yield* model.follow(script)
    const conversation = yield* Session.make({ destroyOnClose: true })
    yield* conversation.run({ prompt: introduction })
    const answer = yield* conversation.run({ prompt: question })
    yield* expectEqual("the answer", answer.output, "Alice")
  })
}

export const destroyedSession: Area = {
  name: "session, destroyed",
  drive: Effect.gen(function* () {
    const model = yield* Model
    yield* model.follow(script)
    const execution = yield* Execution
    const sessions = yield* Sessions
    const sessionId = SessionId.make(crypto.randomUUID())
    yield* execution.run({ prompt: introduction, claude: { sessionId } })
    yield* sessions.destroy(sessionId)
    const answer = yield* execution.run({ prompt: question, claude: { sessionId } })
    yield* expectEqual("the answer", answer.output, "I do not know.")
  })
}

const refusal = (
  name: string,
  tag: string,
  claude: ClaudeOptions,
  before: ReadonlyArray<ClaudeOptions> = []
): Area => ({
  name,
  drive: Effect.gen(function* () {
    const model = yield* Model
    yield* model.follow(script)
    const execution = yield* Execution
    yield* Effect.forEach(before, (each) => execution.run({ prompt: introduction, claude: each }))
    const outcome = yield* Effect.either(execution.run({ prompt: question, claude }))
    const failure = Either.isLeft(outcome) ? outcome.left : undefined
    yield* expectEqual("the failure", failure?._tag, tag)
    yield* expectEqual("admitted", failure?.admitted, "no")
  })
})

const newSession = (): ClaudeOptions => ({ sessionId: SessionId.make(crypto.randomUUID()) })
const existing = newSession()

export const unknownSession = refusal("session, unknown", "NotFound", { ...newSession(), resume: true })

export const unknownSessionInStreamJson = refusal("session, unknown, stream-json", "NotFound", {
  ...newSession(),
  resume: true,
  outputFormat: "stream-json",
  verbose: true
})

export const existingSession = refusal("session, begun twice", "Conflict", existing, [existing])

/** An agent that cannot go on with a conversation must say so, and not answer as if nothing had been said before. */
export const resumedAgent: Area = {
  name: "session, resumed by an agent",
  drive: Effect.gen(function* () {
    const model = yield* Model
    yield* model.follow(script)
    const execution = yield* Execution
    const agents = yield* Agents
    const sessionId = SessionId.make(crypto.randomUUID())
    yield* execution.run({ prompt: introduction, claude: { sessionId } })
    const resumed = yield* Effect.option(agents.converse({ claude: { sessionId, resume: true } }))
    if (Option.isNone(resumed)) return
    const answer = yield* resumed.value.askResult(question)
    yield* expectEqual("the answer", answer.text, "Alice")
  })
}
