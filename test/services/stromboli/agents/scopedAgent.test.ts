/** Scoped agents, and conversations with them. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { EmbeddedStromboli, Fault, Script } from "../../../../src/embedded/stromboli/index.js"
import { Agents } from "../../../../src/services/stromboli/agents/Agents.js"
import { after, collect, inject, lines, type Setup, services, untilFailure, within } from "../../../support/embedded.js"

const over = (setup: Setup = {}) =>
  Effect.provide(
    Agents.layer.pipe(Layer.provideMerge(services({ ...setup, client: { retry: false, ...setup.client } })))
  )

const running = Effect.flatMap(Agents, (agents) => agents.list)

describe("a scoped agent", () => {
  it.effect("is stopped when the scope closes", () =>
    Effect.gen(function* () {
      yield* Effect.scoped(
        Effect.flatMap((yield* Agents).scoped(), () => Effect.map(running, (all) => expect(all).toHaveLength(1)))
      )
      expect(yield* running).toEqual([])
    }).pipe(over())
  )

  it.effect("is stopped when the program fails", () =>
    Effect.gen(function* () {
      yield* Effect.exit(Effect.scoped(Effect.zipRight((yield* Agents).scoped(), Effect.fail("oh"))))
      expect(yield* running).toEqual([])
    }).pipe(over())
  )

  it.effect("that was stopped before does not fail the scope", () =>
    Effect.gen(function* () {
      const agents = yield* Agents
      const exit = yield* Effect.exit(Effect.scoped(Effect.flatMap(agents.scoped(), ({ id }) => agents.stop(id))))
      expect(Exit.isSuccess(exit)).toBe(true)
    }).pipe(over())
  )

  it.effect("that cannot be stopped does not fail the scope", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(
        Effect.scoped(
          Effect.zipRight(
            (yield* Agents).scoped(),
            inject({ method: "DELETE", path: "/agents/{id}", fault: Fault.status(500) })
          )
        )
      )
      expect(Exit.isSuccess(exit)).toBe(true)
    }).pipe(over())
  )
})

describe("a conversation", () => {
  const converse = Effect.flatMap(Agents, (agents) => agents.converse({ disableIdleTimeout: true }))

  it.effect("opens the event stream before it sends, and loses no event of a turn", () =>
    Effect.gen(function* () {
      const conversation = yield* converse
      const events = yield* collect(conversation.ask("hi"))
      expect(events.at(0)).toMatchObject({ _tag: "TurnStarted" })
      expect(events.at(-1)).toMatchObject({ _tag: "TurnEnded" })
      expect(events.flatMap((event) => (event._tag === "Output" ? [event.message._tag] : []))).toEqual([
        "System",
        "Partial",
        "Assistant",
        "Result"
      ])
      const requests = yield* lines
      expect(requests[0]).toBe("POST /agents")
      expect(requests.findIndex((line) => line.endsWith("/stream"))).toBeLessThan(
        requests.findIndex((line) => line.endsWith("/send"))
      )
    }).pipe(Effect.scoped, over())
  )

  it.effect("returns the result of a turn", () =>
    Effect.gen(function* () {
      const conversation = yield* converse
      expect(yield* conversation.askResult("hi")).toMatchObject({ text: "You said: hi", isError: false })
      expect(yield* conversation.askResult("again")).toMatchObject({ text: "You said: again" })
    }).pipe(Effect.scoped, over())
  )

  it.effect("runs one turn at a time: the second prompt waits for the first", () =>
    Effect.gen(function* () {
      const conversation = yield* converse
      const both = yield* Effect.all([conversation.askResult("one"), conversation.askResult("two")], {
        concurrency: 2
      }).pipe(within("1 minute"))
      expect(both.map(({ text }) => text)).toEqual(["You said: one", "You said: two"])
    }).pipe(
      Effect.scoped,
      over({
        run: (input) =>
          Stream.unwrap(Effect.as(Effect.sleep("5 seconds"), Script.replies(input, `You said: ${input.prompt}`)))
      })
    )
  )

  it.effect("waits for the end of a turn whose stream was left", () =>
    Effect.gen(function* () {
      const conversation = yield* converse
      yield* Stream.runDrain(Stream.take(conversation.ask("one"), 1))
      const second = yield* within("1 minute")(collect(conversation.ask("two")))
      const results = second.flatMap((event) =>
        event._tag === "Output" && event.message._tag === "Result" ? [event.message.text] : []
      )
      expect(results).toEqual(["You said: two"])
    }).pipe(
      Effect.scoped,
      over({
        run: (input) =>
          Stream.unwrap(Effect.as(Effect.sleep("5 seconds"), Script.replies(input, `You said: ${input.prompt}`)))
      })
    )
  )

  it.effect("gives every event to every subscriber", () =>
    Effect.gen(function* () {
      const conversation = yield* converse
      const listen = Effect.fork(collect(Stream.takeUntil(conversation.events, ({ _tag }) => _tag === "TurnEnded")))
      const listeners = [yield* listen, yield* listen]
      yield* TestClock.adjust("1 second")
      const asked = yield* collect(conversation.ask("hi"))
      for (const listener of listeners) expect(yield* Fiber.join(listener)).toEqual(asked)
    }).pipe(Effect.scoped, over())
  )

  it.effect("fails with AgentExited when the process exits in the middle of a turn", () =>
    Effect.gen(function* () {
      const conversation = yield* converse
      const { events, failure } = yield* within("1 minute")(untilFailure(conversation.ask("die")))
      expect(failure).toMatchObject({ _tag: "AgentExited", agentId: conversation.agent.id })
      expect(events.at(0)).toMatchObject({ _tag: "TurnStarted" })
      expect(yield* Effect.flip(Stream.runDrain(conversation.ask("hello?")))).toMatchObject({
        _tag: /Gone|AgentExited/
      })
    }).pipe(Effect.scoped, over({ run: () => Script.exits(137) }))
  )

  it.effect("fails with StreamInterrupted when the connection breaks, for current and later subscribers", () =>
    Effect.gen(function* () {
      yield* inject({ path: "/agents/{id}/stream", fault: Fault.cutBody(200, "reset") })
      const conversation = yield* converse
      const { failure } = yield* within("1 minute")(untilFailure(conversation.ask("hi")))
      expect(failure).toMatchObject({ _tag: "StreamInterrupted" })
      expect((yield* untilFailure(conversation.events)).failure).toMatchObject({ _tag: "StreamInterrupted" })
    }).pipe(Effect.scoped, over())
  )

  it.effect("stops its agent when its scope closes in the middle of a turn", () =>
    Effect.gen(function* () {
      yield* Effect.scoped(
        Effect.gen(function* () {
          const conversation = yield* converse
          yield* Effect.fork(Stream.runDrain(conversation.ask("think")))
          yield* TestClock.adjust("1 second")
        })
      ).pipe(within("1 minute"))
      expect(yield* running).toEqual([])
    }).pipe(over({ run: () => after("1 hour", "late") }))
  )

  it.effect("leaves no agent behind when the event stream cannot be opened", () =>
    Effect.gen(function* () {
      yield* inject({ path: "/agents/{id}/stream", fault: Fault.status(503) })
      expect(yield* Effect.flip(Effect.scoped(converse))).toMatchObject({ _tag: "Unavailable" })
      expect(yield* running).toEqual([])
    }).pipe(over())
  )

  it.effect("stops its agent exactly once", () =>
    Effect.gen(function* () {
      const server = yield* EmbeddedStromboli
      yield* Effect.scoped(Effect.flatMap(converse, (conversation) => conversation.askResult("hi")))
      const requests = yield* server.requests
      expect(requests.filter(({ method }) => method === "DELETE")).toHaveLength(1)
    }).pipe(over())
  )
})
