/** The event stream of an agent, and its end. */
import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Fault, Script } from "../../../../src/embedded/stromboli/index.js"
import type { AgentEvent } from "../../../../src/schema/stromboli/AgentEvent.js"
import { AgentId } from "../../../../src/schema/stromboli/Identifiers.js"
import { Agents } from "../../../../src/services/stromboli/agents/Agents.js"
import { collect, inject, type Setup, services, untilFailure } from "../../../support/embedded.js"

const over = (setup: Setup = {}) =>
  Effect.provide(
    Agents.layer.pipe(Layer.provideMerge(services({ ...setup, client: { retry: false, ...setup.client } })))
  )

const tagsOf = (events: Iterable<AgentEvent>) => Array.from(events, ({ _tag }) => _tag)

const served = (...events: ReadonlyArray<readonly [event: string, data: unknown]>) =>
  Fault.replaceBody(
    events.map(([event, data]) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`).join(""),
    "text/event-stream"
  )

const closed = ["closed", {}] as const

/** What comes out when the server sends these events. */
const eventsOf = (fault: Fault.Fault) =>
  Effect.gen(function* () {
    const agents = yield* Agents
    const { id } = yield* agents.create()
    yield* inject({ path: "/agents/{id}/stream", fault })
    return yield* untilFailureOrEnd(agents.events(id))
  }).pipe(over())

const untilFailureOrEnd = <E>(stream: Stream.Stream<AgentEvent, E>) =>
  Effect.gen(function* () {
    const events: Array<AgentEvent> = []
    const result = yield* Effect.either(Stream.runForEach(stream, (event) => Effect.sync(() => events.push(event))))
    return { events, failure: result._tag === "Left" ? result.left : undefined }
  })

describe("the events of an agent", () => {
  it.effect("are typed, including the messages that Claude prints", () =>
    Effect.map(
      eventsOf(
        served(
          ["turn_start", { type: "turn_start", turn_id: "turn-1", at: "2026-05-06T12:00:00.5Z" }],
          ["output", { turn_id: "turn-1", content: '{"type":"rate_limit_event"}' }],
          ["output", { turn_id: "turn-1", content: '{"type":"result","subtype":"success","result":"42"}' }],
          ["turn_end", { turn_id: "turn-1" }],
          ["exited", { error: "" }],
          closed
        )
      ),
      ({ events, failure }) => {
        expect(failure).toBeUndefined()
        expect(events).toMatchObject([
          { _tag: "TurnStarted", turnId: "turn-1", at: "2026-05-06T12:00:00.5Z" },
          { _tag: "Output", message: { _tag: "Unknown", type: "rate_limit_event" } },
          { _tag: "Output", message: { _tag: "Result", text: "42" } },
          { _tag: "TurnEnded", turnId: "turn-1" },
          { _tag: "Exited", reason: undefined }
        ])
      }
    )
  )

  it.effect("may be lines on stderr, which are not failures", () =>
    Effect.map(eventsOf(served(["error", { error: "warning: low disk" }], ["exited", {}], closed)), ({ events }) =>
      expect(events).toMatchObject([{ _tag: "Stderr", line: "warning: low disk" }, { _tag: "Exited" }])
    )
  )

  it.effect("may be of an unknown kind, or have unreadable data", () =>
    Effect.map(
      eventsOf(served(["heartbeat", { n: 1 }], ["turn_start", "not an object"], ["output", { content: 7 }], closed)),
      ({ events, failure }) => {
        expect(failure).toBeUndefined()
        expect(events).toMatchObject([
          { _tag: "Unknown", event: "heartbeat", data: '{"n":1}' },
          { _tag: "Unknown", event: "turn_start" },
          { _tag: "Unknown", event: "output" }
        ])
      }
    )
  )

  it.effect("contain the exit once, even if the server reports it twice", () =>
    Effect.map(
      eventsOf(served(["exited", { error: "agent: idle timeout reached" }], ["exited", {}], closed)),
      ({ events }) => expect(events).toEqual([{ _tag: "Exited", reason: "agent: idle timeout reached" }])
    )
  )

  it.effect("end when the connection ends after the exit", () =>
    Effect.map(eventsOf(served(["exited", {}])), ({ failure }) => expect(failure).toBeUndefined())
  )

  it.effect("are StreamInterrupted when the connection ends before the exit", () =>
    Effect.map(eventsOf(served(["turn_start", {}])), ({ events, failure }) => {
      expect(tagsOf(events)).toEqual(["TurnStarted"])
      expect(failure).toMatchObject({ _tag: "StreamInterrupted", operation: "Agents.events" })
    })
  )

  it.effect("are StreamInterrupted when the connection breaks in the middle of an event", () =>
    Effect.gen(function* () {
      const agents = yield* Agents
      const { id } = yield* agents.create()
      yield* inject({ path: "/agents/{id}/stream", fault: Fault.cutBody(40, "reset") })
      const reading = yield* Effect.fork(untilFailure(agents.events(id)))
      yield* TestClock.adjust("1 second")
      yield* agents.send(id, "hi")
      const { failure } = yield* Fiber.join(reading)
      expect(failure).toMatchObject({ _tag: "StreamInterrupted", causeCode: "ECONNRESET" })
    }).pipe(over())
  )

  it.effect("of an agent that does not exist are NotFound", () =>
    Effect.gen(function* () {
      const { failure } = yield* untilFailure((yield* Agents).events(AgentId.make("agent-nowhere")))
      expect(failure).toMatchObject({ _tag: "NotFound" })
    }).pipe(over())
  )

  it.effect("of an agent that had already exited are its exit, although the server stays silent", () =>
    Effect.gen(function* () {
      const agents = yield* Agents
      const { id } = yield* agents.create({ prompt: "die" })
      yield* Effect.repeat(agents.get(id), { until: ({ status }) => status === "exited" })
      const reading = yield* Effect.fork(collect(agents.events(id)))
      yield* TestClock.adjust("2 seconds")
      expect(yield* Fiber.join(reading)).toMatchObject([{ _tag: "Exited" }])
    }).pipe(over({ run: () => Script.exits(1) }))
  )

  it.effect("of an agent that is silent for hours go on", () =>
    Effect.gen(function* () {
      const agents = yield* Agents
      const { id } = yield* agents.create({ disableIdleTimeout: true })
      const ended = yield* Deferred.make<void>()
      const reading = yield* agents.events(id).pipe(
        Stream.tap((event) => (event._tag === "TurnEnded" ? Deferred.succeed(ended, undefined) : Effect.void)),
        Stream.takeUntil(({ _tag }) => _tag === "TurnEnded"),
        collect,
        Effect.fork
      )
      yield* TestClock.adjust("1 second")
      yield* agents.send(id, "think")
      yield* TestClock.adjust("5 hours")
      yield* Deferred.await(ended)
      expect(tagsOf(yield* Fiber.join(reading))).toContain("Output")
    }).pipe(
      over({
        run: (input) => Stream.unwrap(Effect.as(Effect.sleep("4 hours"), Script.replies(input, "done")))
      })
    )
  )

  it.effect("report the exit of an agent that was idle for too long", () =>
    Effect.gen(function* () {
      const agents = yield* Agents
      const { id } = yield* agents.create({ idleTimeout: "1 minute" })
      const reading = yield* Effect.fork(collect(agents.events(id)))
      yield* TestClock.adjust("3 minutes")
      expect(yield* Fiber.join(reading)).toMatchObject([{ _tag: "Exited", reason: "agent: idle timeout reached" }])
    }).pipe(over())
  )
})
