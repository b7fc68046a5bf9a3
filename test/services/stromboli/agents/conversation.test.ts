/** Conversations over a connection whose events the test scripts. */
import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import * as Take from "effect/Take"
import * as TestClock from "effect/TestClock"
import { StreamInterrupted } from "../../../../src/errors/ApiError.js"
import type { Agent } from "../../../../src/schema/stromboli/Agent.js"
import type { AgentEvent } from "../../../../src/schema/stromboli/AgentEvent.js"
import { AgentId, SessionId, TurnId } from "../../../../src/schema/stromboli/Identifiers.js"
import * as Conversation from "../../../../src/services/stromboli/agents/conversation.js"
import * as Turns from "../../../../src/services/stromboli/agents/turns.js"
import { collect, untilFailure, within } from "../../../support/embedded.js"

/** Times out on the test clock, so that a hang is a failure. */
const orHang = <A, E, R>(program: Effect.Effect<A, E, R>) =>
  within("10 minutes")(
    Effect.timeoutFail(Effect.disconnect(program), { duration: "5 minutes", onTimeout: () => "it hangs" as const })
  )

const agent: Agent = {
  id: AgentId.make("agent-1"),
  sessionId: SessionId.make("3f2504e0-4f89-41d3-9a0c-0305e82c3301"),
  status: "idle",
  createdAt: "2026-05-06T12:00:00Z",
  lastActivityAt: "2026-05-06T12:00:00Z",
  idleTimeoutSeconds: 1800,
  turnsCompleted: 0
}

const lost = new StreamInterrupted({
  system: "stromboli",
  operation: "Agents.events",
  method: "GET",
  path: "/agents/agent-1/stream",
  message: "lost",
  attempts: 1,
  retryable: false,
  admitted: "yes"
})

/** A conversation whose events a test emits. */
const scripted = Effect.gen(function* () {
  const queue = yield* Queue.unbounded<Take.Take<AgentEvent, StreamInterrupted>>()
  const prompts: Array<string> = []
  const turnId = TurnId.make("turn-1")
  const turns = Turns.make()
  const conversation = yield* Conversation.make(
    agent,
    {
      send: (prompt) =>
        Effect.as(
          Effect.sync(() => prompts.push(prompt)),
          turnId
        ),
      events: (onOpen) =>
        Stream.concat(Stream.execute(onOpen), Stream.flattenTake(Stream.fromQueue(queue))).pipe(
          Stream.mapConcat(turns.read)
        ),
      turns
    },
    undefined
  )
  return {
    conversation,
    emit: (take: Take.Take<AgentEvent, StreamInterrupted>) => Queue.offer(queue, take),
    prompts,
    turnId
  }
})

describe("a conversation over a scripted connection", () => {
  it.effect("cuts off a subscriber that falls behind, and no other", () =>
    Effect.gen(function* () {
      const { conversation, emit } = yield* scripted
      const read = yield* Deferred.make<void>()
      const slow = yield* Effect.fork(untilFailure(Stream.tap(conversation.events, () => Deferred.await(read))))
      const quick = yield* Effect.fork(Stream.runCount(Stream.take(conversation.events, 20_000)))
      yield* TestClock.adjust("1 second")
      for (let chunk = 0; chunk < 20; chunk++) {
        yield* emit(Take.chunk(Chunk.makeBy(1_000, (n): AgentEvent => ({ _tag: "Stderr", line: `${chunk}/${n}` }))))
        yield* TestClock.adjust("1 millis")
      }
      expect(yield* orHang(Fiber.join(quick))).toBe(20_000)
      yield* Deferred.succeed(read, undefined)
      const { events, failure } = yield* orHang(Fiber.join(slow))
      expect(failure).toMatchObject({ _tag: "StreamInterrupted" })
      expect(events.length).toBeGreaterThanOrEqual(10_000)
      expect(events.length).toBeLessThan(20_000)
    }).pipe(Effect.scoped)
  )

  it.effect("sends nothing once its events have ended", () =>
    Effect.gen(function* () {
      const { conversation, emit, prompts, turnId } = yield* scripted
      yield* emit(Take.of<AgentEvent>({ _tag: "TurnStarted", turnId }))
      yield* TestClock.adjust("1 second")
      // The turn of another client ends at the moment the connection breaks.
      const asking = yield* Effect.fork(untilFailure(conversation.ask("two")))
      yield* TestClock.adjust("1 second")
      yield* emit(Take.of<AgentEvent>({ _tag: "TurnEnded", turnId }))
      yield* emit(Take.fail(lost))
      expect((yield* orHang(Fiber.join(asking))).failure).toEqual(lost)
      expect((yield* orHang(untilFailure(conversation.ask("three")))).failure).toEqual(lost)
      expect(prompts).toEqual([])
    }).pipe(Effect.scoped)
  )

  it.effect("emits every event of its turn, and none of another, in whatever order events and responses arrive", () =>
    Effect.gen(function* () {
      const { conversation, emit, turnId } = yield* scripted
      const other = TurnId.make("turn-0")
      const asking = yield* Effect.fork(collect(conversation.ask("hi")))
      yield* TestClock.adjust("1 second")
      yield* emit(
        Take.chunk(
          Chunk.make<[AgentEvent, ...Array<AgentEvent>]>(
            { _tag: "Stderr", line: "from before" },
            { _tag: "TurnEnded", turnId: other },
            { _tag: "TurnStarted", turnId },
            { _tag: "Stderr", line: "a warning" },
            { _tag: "Unknown", event: "heartbeat", data: "{}" },
            { _tag: "TurnEnded", turnId },
            { _tag: "Stderr", line: "from after" }
          )
        )
      )
      expect(yield* orHang(Fiber.join(asking))).toMatchObject([
        { _tag: "TurnStarted" },
        { _tag: "Stderr", line: "a warning" },
        { _tag: "Unknown" },
        { _tag: "TurnEnded", turnId }
      ])
    }).pipe(Effect.scoped)
  )

  it.effect("gives the exit to later subscribers, too", () =>
    Effect.gen(function* () {
      const { conversation, emit } = yield* scripted
      yield* emit(Take.of<AgentEvent>({ _tag: "Exited", reason: "agent: idle timeout reached" }))
      yield* emit(Take.end)
      yield* TestClock.adjust("1 second")
      expect(yield* orHang(collect(conversation.events))).toEqual([
        { _tag: "Exited", reason: "agent: idle timeout reached" }
      ])
      expect((yield* orHang(untilFailure(conversation.ask("hi")))).failure).toMatchObject({
        _tag: "AgentExited",
        reason: "agent: idle timeout reached"
      })
    }).pipe(Effect.scoped)
  )
})
