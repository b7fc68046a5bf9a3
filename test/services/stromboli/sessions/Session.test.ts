/** A conversation that spans several runs. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { type Run, Script } from "../../../../src/embedded/stromboli/index.js"
import { SessionId } from "../../../../src/schema/stromboli/Identifiers.js"
import { textOf } from "../../../../src/schema/stromboli/Message.js"
import { Execution } from "../../../../src/services/stromboli/execution/Execution.js"
import * as Session from "../../../../src/services/stromboli/sessions/Session.js"
import { after, collect, lines, requests, type Setup, services, within } from "../../../support/embedded.js"

/** Replies with what it remembers: nothing, unless the conversation is resumed. */
const remembering: Run = ({ history, prompt, resume }) =>
  Script.says(...(resume ? history.filter(({ role }) => role === "user").map(({ text }) => text) : []), prompt)

const over = (setup: Setup = {}) =>
  Effect.provide(services({ run: remembering, ...setup, client: { retry: false, ...setup.client } }))

const known = SessionId.make("3f2504e0-4f89-41d3-9a0c-0305e82c3301")

const Sent = Schema.parseJson(
  Schema.Struct({ claude: Schema.Struct({ session_id: Schema.String, resume: Schema.optional(Schema.Boolean) }) })
)

/** The session of each run that was sent, and whether it was resumed. */
const turns = Effect.flatMap(requests, (all) =>
  Effect.forEach(
    all.filter(({ path }) => path === "/run"),
    ({ body }) =>
      Effect.map(Schema.decode(Sent)(body), ({ claude }) => [claude.session_id, claude.resume === true] as const)
  )
)

describe("a conversation", () => {
  it.scoped("sends nothing before its first run", () =>
    Effect.gen(function* () {
      const session = yield* Session.make()
      expect(session.id).toMatch(/^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/)
      expect(yield* requests).toEqual([])
    }).pipe(over())
  )

  it.scoped("starts under its own id and continues under it", () =>
    Effect.gen(function* () {
      const session = yield* Session.make()
      yield* session.run({ prompt: "My name is Alice." })
      yield* session.run({ prompt: "I live in Bern." })
      const { output, sessionId } = yield* session.run({ prompt: "Well?" })
      expect(output).toBe("My name is Alice.\nI live in Bern.\nWell?")
      expect(sessionId).toBe(session.id)
      expect(yield* turns).toEqual([
        [session.id, false],
        [session.id, true],
        [session.id, true]
      ])
      expect(yield* lines).toEqual(["POST /run", "POST /run", "POST /run"])
    }).pipe(over())
  )

  it.scoped("has a unique id", () =>
    Effect.gen(function* () {
      const all = yield* Effect.replicateEffect(Session.make(), 20)
      expect(new Set(all.map(({ id }) => id)).size).toBe(20)
    }).pipe(over())
  )

  it.scoped("of a known session is resumed by its first run, without a lookup", () =>
    Effect.gen(function* () {
      yield* (yield* Execution).run({ prompt: "Before.", claude: { sessionId: known } })
      const session = yield* Session.make({ sessionId: known })
      expect((yield* session.run({ prompt: "Now." })).output).toBe("Before.\nNow.")
      expect(yield* lines).toEqual(["POST /run", "POST /run"])
    }).pipe(over())
  )

  it.scoped("of a session that the server does not know is NotFound, and asks Claude nothing", () =>
    Effect.gen(function* () {
      const session = yield* Session.make({ sessionId: known })
      const failure = yield* Effect.flip(session.run({ prompt: "Now." }))
      expect(failure).toMatchObject({ _tag: "NotFound", operation: "Execution.run", admitted: "no" })
      expect(yield* lines).toEqual(["POST /run"])
    }).pipe(over())
  )

  it.scoped("passes on the other options of a run", () =>
    Effect.gen(function* () {
      const session = yield* Session.make()
      yield* session.run({ prompt: "hi", workdir: "/w", claude: { model: "haiku" }, podman: { memory: "1g" } })
      const [sent] = yield* requests
      expect(JSON.parse(sent?.body ?? "")).toMatchObject({
        prompt: "hi",
        workdir: "/w",
        claude: { model: "haiku", session_id: session.id, resume: false },
        podman: { memory: "1g" }
      })
    }).pipe(over())
  )

  it.scoped("returns structured values in the same conversation", () =>
    Effect.gen(function* () {
      const session = yield* Session.make()
      yield* session.run({ prompt: "Think of a number." })
      const { value } = yield* session.runStructured(Schema.Struct({ at: Schema.Date }), { prompt: "When?" })
      expect(value.at).toEqual(new Date("2026-01-01T00:00:00Z"))
      expect((yield* turns)[1]).toEqual([session.id, true])
    }).pipe(over({ run: (input) => Script.replies(input, "42", { at: "2026-01-01T00:00:00Z" }) }))
  )

  it.scoped("can be read back", () =>
    Effect.gen(function* () {
      const session = yield* Session.make()
      expect(yield* Effect.flip(collect(session.messages))).toMatchObject({ _tag: "NotFound" })
      yield* session.run({ prompt: "Hello" })
      expect((yield* collect(session.messages)).map(textOf)).toEqual(["Hello", "Hello"])
    }).pipe(over())
  )
})

describe("the runs of one conversation", () => {
  const counting = () => {
    let now = 0
    const most = { atOnce: 0 }
    const run: Run = ({ prompt }) =>
      Stream.ensuring(
        Stream.unwrap(
          Effect.sync(() => {
            most.atOnce = Math.max(most.atOnce, ++now)
            return after("2 seconds", prompt)
          })
        ),
        Effect.sync(() => now--)
      )
    return { most, run }
  }
  const prompts = ["1", "2", "3", "4"]

  it.scoped("wait for each other, so that all succeed", () => {
    const { most, run } = counting()
    return Effect.gen(function* () {
      const session = yield* Session.make()
      const results = yield* within("1 minute")(
        Effect.forEach(prompts, (prompt) => session.run({ prompt }), { concurrency: "unbounded" })
      )
      expect(results.map(({ _tag, output }) => [_tag, output])).toEqual(prompts.map((prompt) => ["Completed", prompt]))
      expect(most.atOnce).toBe(1)
    }).pipe(over({ run }))
  })

  it.scoped("would collide without waiting", () => {
    const { run } = counting()
    return Effect.gen(function* () {
      const execution = yield* Execution
      const results = yield* within("1 minute")(
        Effect.forEach(prompts, (prompt) => Effect.exit(execution.run({ prompt, claude: { sessionId: known } })), {
          concurrency: "unbounded"
        })
      )
      expect(results.filter(Exit.isSuccess)).toHaveLength(1)
    }).pipe(over({ run }))
  })

  it.scoped("do not wait for the runs of another conversation", () => {
    const { most, run } = counting()
    return Effect.gen(function* () {
      const sessions = yield* Effect.replicateEffect(Session.make(), 3)
      yield* within("1 minute")(
        Effect.forEach(sessions, (session) => session.run({ prompt: "hi" }), { concurrency: "unbounded" })
      )
      expect(most.atOnce).toBe(3)
    }).pipe(over({ run }))
  })

  it.scoped("continue when a waiting one is interrupted", () => {
    const { run } = counting()
    return Effect.gen(function* () {
      const session = yield* Session.make()
      const first = yield* Effect.fork(session.run({ prompt: "first" }))
      const second = yield* Effect.fork(session.run({ prompt: "second" }))
      yield* Effect.yieldNow()
      yield* Fiber.interrupt(second)
      expect((yield* within("1 minute")(Fiber.join(first))).output).toBe("first")
      expect((yield* within("1 minute")(session.run({ prompt: "third" }))).output).toBe("third")
    }).pipe(over({ run }))
  })
})

describe("options that are none", () => {
  it.scoped("are InvalidRequest", () =>
    Effect.gen(function* () {
      const untyped: (options: null) => ReturnType<typeof Session.make> = (options) =>
        Reflect.apply(Session.make, undefined, [options])
      expect(yield* Effect.flip(untyped(null))).toMatchObject({
        _tag: "InvalidRequest",
        operation: "Session.make",
        field: "options"
      })
    }).pipe(over())
  )
})
