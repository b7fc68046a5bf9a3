/** Turns: which result answers which prompt, whatever Claude Code says in between. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import type { Agent } from "../../../../src/schema/stromboli/Agent.js"
import { type AgentEvent, fromServerSentEvent } from "../../../../src/schema/stromboli/AgentEvent.js"
import { AgentId, SessionId, TurnId } from "../../../../src/schema/stromboli/Identifiers.js"
import * as Conversation from "../../../../src/services/stromboli/agents/conversation.js"
import * as Turns from "../../../../src/services/stromboli/agents/turns.js"
import { collect } from "../../../support/embedded.js"

const origin = { kind: "task-notification", producer: "session-task", runId: "run-1" }

const assistant = (text: string) => ({ type: "assistant", message: { content: [{ type: "text", text }] } })
const result = (text: string, unasked: boolean) => ({
  subtype: "success",
  is_error: false,
  result: text,
  type: "result",
  ...(unasked ? { origin } : {})
})

/**
 * The server of 0.5.x with Claude Code 2.1 behind it: it ends the turn of a prompt at any result, and takes the next
 * prompt from then on.
 */
const makeServer = () => {
  const events: Array<AgentEvent> = []
  let currentTurn = ""
  let sent = 0
  const publish = (type: string, fields: object = {}) =>
    events.push(
      fromServerSentEvent(type, JSON.stringify({ ...(currentTurn === "" ? {} : { turn_id: currentTurn }), ...fields }))
    )
  const print = (line: object) => {
    publish("output", { content: JSON.stringify(line) })
    if ("type" in line && line.type === "result") {
      publish("turn_end")
      currentTurn = ""
    }
  }
  return {
    events,
    print,
    isBusy: () => currentTurn !== "",
    send: () => {
      currentTurn = `turn-${++sent}`
      publish("turn_start")
      return TurnId.make(currentTurn)
    }
  }
}

const read = (events: ReadonlyArray<AgentEvent>) => {
  const turns = Turns.make()
  return { turns, events: events.flatMap(turns.read) }
}

const shown = (events: ReadonlyArray<AgentEvent>) =>
  events.map((event) =>
    event._tag === "Output"
      ? `${event.message._tag} of ${event.turnId ?? "none"}`
      : `${event._tag} ${event._tag === "Unknown" ? "" : (event.turnId ?? "none")}`
  )

describe("the turns of an agent", () => {
  it("end with the result of their own prompt, not with that of a background task", () => {
    const server = makeServer()
    server.send()
    server.print(result("news", true))
    server.print(assistant("42"))
    server.print(result("42", false))
    expect(shown(read(server.events).events)).toEqual([
      "TurnStarted turn-1",
      "Result of turn-1",
      "UnaskedTurnEnded turn-1",
      "Assistant of turn-1",
      "Result of turn-1",
      "TurnEnded turn-1"
    ])
  })

  it("that nobody asked for are events between those of the prompts", () => {
    const server = makeServer()
    server.print(assistant("news"))
    server.print(result("news", true))
    server.send()
    server.print(result("42", false))
    server.print(result("more news", true))
    const { events, turns } = read(server.events)
    expect(shown(events)).toEqual([
      "Assistant of none",
      "Result of none",
      "UnaskedTurnEnded none",
      "TurnStarted turn-1",
      "Result of turn-1",
      "TurnEnded turn-1",
      "Result of none",
      "UnaskedTurnEnded none"
    ])
    expect(events.at(-1)).toMatchObject({ origin: { kind: "task-notification", raw: origin } })
    expect(turns.isBusy()).toBe(false)
  })

  it("that nobody asked for keep the next prompt waiting, but messages of sub-agents do not", () => {
    const server = makeServer()
    server.print({ ...assistant("working"), parent_tool_use_id: "toolu_1" })
    const turns = Turns.make()
    server.events.map(turns.read)
    expect(turns.isBusy()).toBe(false)
    server.print(assistant("news"))
    server.events.map(turns.read)
    expect(turns.isBusy()).toBe(true)
  })

  it("are those of a prompt when the origin is a human", () => {
    const server = makeServer()
    server.send()
    server.print({ ...result("42", false), origin: { kind: "human" } })
    expect(shown(read(server.events).events).at(-1)).toBe("TurnEnded turn-1")
  })

  it("do not end with a `turn_end` without an id that no result precedes", () => {
    const server = makeServer()
    server.send()
    const { events, turns } = read([...server.events, { _tag: "TurnEnded" }])
    expect(shown(events)).toEqual(["TurnStarted turn-1", "UnaskedTurnEnded turn-1"])
    expect(turns.isBusy()).toBe(true)
  })

  it("end even if the server has dropped their start, their result or their end", () => {
    const server = makeServer()
    server.send()
    server.print(result("42", false))
    const [start, output, end] = server.events
    if (start === undefined || output === undefined || end === undefined) return expect.unreachable()
    server.send()
    const next = server.events.slice(3)
    for (const left of [[output, end], [start, end], [end], [start, output, ...next], [start, ...next]]) {
      const { events, turns } = read(left)
      expect(shown(events)).toContain("TurnEnded turn-1")
      expect(turns.hasEnded(TurnId.make("turn-1"))).toBe(true)
    }
  })

  it("are known to have ended when the response to a prompt comes after their events", () => {
    const server = makeServer()
    const turnId = server.send()
    server.print(result("42", false))
    const { turns } = read(server.events)
    turns.sent(turnId)
    expect(turns.hasEnded(turnId)).toBe(true)
    expect(turns.isBusy()).toBe(false)
  })
})

const agent: Agent = {
  id: AgentId.make("agent-1"),
  sessionId: SessionId.make("3f2504e0-4f89-41d3-9a0c-0305e82c3301"),
  status: "idle",
  createdAt: "2026-05-06T12:00:00Z",
  lastActivityAt: "2026-05-06T12:00:00Z",
  idleTimeoutSeconds: 1800,
  turnsCompleted: 0
}

/** How many turns of its own Claude takes while it works on each prompt, and after it. */
type Plan = ReadonlyArray<{ readonly during: number; readonly after: number }>

/** A conversation with a Claude that takes turns of its own, with a message first or with nothing but their result. */
const conversing = (plan: Plan, announced: boolean, pause: number) =>
  Effect.gen(function* () {
    const server = makeServer()
    const scope = yield* Effect.scope
    const queue = yield* Queue.unbounded<AgentEvent>()
    const pump = Effect.suspend(() => Queue.offerAll(queue, server.events.splice(0)))
    const turns = Turns.make()
    let unanswered = 0
    let mostUnanswered = 0

    const say = (...lines: ReadonlyArray<object>) =>
      Effect.zipRight(
        Effect.replicateEffect(Effect.yieldNow(), pause, { discard: true }),
        Effect.suspend(() => {
          for (const line of lines) server.print(line)
          return pump
        })
      )
    const unasked = (count: number) =>
      Effect.replicateEffect(
        Effect.zipRight(announced ? say(assistant("news")) : Effect.void, say(result("news", true))),
        count
      )
    const work = (prompt: string, { after, during }: Plan[number]) =>
      unasked(during).pipe(
        Effect.zipRight(say(assistant(`answer to ${prompt}`))),
        Effect.zipRight(Effect.sync(() => unanswered--)),
        Effect.zipRight(say(result(`answer to ${prompt}`, false))),
        Effect.zipRight(unasked(after))
      )
    let sent = 0
    const conversation = yield* Conversation.make(
      agent,
      {
        send: (prompt) =>
          Effect.gen(function* () {
            mostUnanswered = Math.max(mostUnanswered, ++unanswered)
            const turnId = server.send()
            yield* pump
            yield* Effect.forkIn(work(prompt, plan[sent++] ?? { after: 0, during: 0 }), scope)
            return turnId
          }),
        events: (onOpen) =>
          Stream.concat(Stream.execute(onOpen), Stream.mapConcat(Stream.fromQueue(queue), turns.read)),
        turns
      },
      undefined
    )
    return { conversation, mostUnanswered: () => mostUnanswered, unasked }
  })

const plans = FastCheck.array(FastCheck.record({ during: FastCheck.nat(3), after: FastCheck.nat(3) }), {
  minLength: 1,
  maxLength: 6
})

describe("a conversation with a Claude that takes turns of its own", () => {
  it.effect.prop(
    "gives every ask the answer to its own prompt",
    [plans, FastCheck.boolean(), FastCheck.nat(5), FastCheck.nat(2), FastCheck.boolean()],
    ([plan, announced, pause, before, atOnce]) =>
      Effect.gen(function* () {
        const { conversation, mostUnanswered, unasked } = yield* conversing(plan, announced, pause)
        yield* unasked(before)
        const asks = plan.map((_, n) => conversation.askResult(`q${n}`))
        const results = yield* Effect.all(asks, { concurrency: atOnce ? "unbounded" : 1 })
        expect(results.map(({ text }) => text)).toEqual(plan.map((_, n) => `answer to q${n}`))
        expect(mostUnanswered()).toBe(1)
      }).pipe(Effect.scoped),
    { fastCheck: { numRuns: 40 } }
  )

  it.effect("emits those turns, too", () =>
    Effect.gen(function* () {
      const { conversation } = yield* conversing([{ during: 1, after: 1 }], true, 1)
      const everything = yield* Effect.fork(collect(Stream.take(conversation.events, 9)))
      yield* TestClock.adjust("1 millis")
      const asked = yield* collect(conversation.ask("q"))
      expect(asked.map(({ _tag }) => _tag)).toEqual([
        "TurnStarted",
        "Output",
        "Output",
        "UnaskedTurnEnded",
        "Output",
        "Output",
        "TurnEnded"
      ])
      expect((yield* Fiber.join(everything)).map(({ _tag }) => _tag).slice(7)).toEqual(["Output", "Output"])
    }).pipe(Effect.scoped)
  )
})
