/** Conversations and scoped agents under interruption, timeouts and server faults. */
import { describe, expect, it } from "@effect/vitest"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Fault, type Run, Script } from "../../../../src/embedded/stromboli/index.js"
import { withRequestOptions } from "../../../../src/RequestOptions.js"
import type { AgentRequest } from "../../../../src/schema/stromboli/Agent.js"
import { Agents } from "../../../../src/services/stromboli/agents/Agents.js"
import { collect, inject, requests, type Setup, services, timed, within } from "../../../support/embedded.js"

const over = (setup: Setup = {}) =>
  Effect.provide(
    Agents.layer.pipe(Layer.provideMerge(services({ ...setup, client: { retry: false, ...setup.client } })))
  )

const running = Effect.flatMap(Agents, (agents) => agents.list)
const converse = Effect.flatMap(Agents, (agents) => agents.converse({ disableIdleTimeout: true }))

const takes =
  (duration: Duration.DurationInput): Run =>
  (input) =>
    Stream.unwrap(Effect.as(Effect.sleep(duration), Script.replies(input, `You said: ${input.prompt}`)))

/** Times out on the test clock, so that a hang is a failure. */
const orHang = <A, E, R>(program: Effect.Effect<A, E, R>) =>
  within("10 minutes")(
    Effect.timeoutFail(Effect.disconnect(program), { duration: "5 minutes", onTimeout: () => "it hangs" as const })
  )

describe("a conversation under failures", () => {
  it.effect("drops a prompt that is interrupted while it waits for its turn", () =>
    Effect.gen(function* () {
      const conversation = yield* converse
      const first = yield* Effect.fork(conversation.askResult("one"))
      yield* TestClock.adjust("1 second")
      const { waited } = yield* timed("10 minutes")(Effect.timeoutOption(conversation.askResult("two"), "5 seconds"))
      expect(waited).toBe(5_000)
      expect(yield* Fiber.join(first)).toMatchObject({ text: "You said: one" })
    }).pipe(Effect.scoped, over({ run: takes("5 minutes") }))
  )

  it.effect("continues after a prompt was interrupted while it was being sent", () =>
    Effect.gen(function* () {
      const conversation = yield* converse
      yield* inject({ path: "/agents/{id}/send", fault: Fault.hang })
      const given = yield* within("10 seconds")(Effect.timeoutOption(conversation.askResult("one"), "5 seconds"))
      expect(Option.isNone(given)).toBe(true)
      expect(yield* orHang(conversation.askResult("two"))).toMatchObject({ text: "You said: two" })
    }).pipe(Effect.scoped, over())
  )

  it.effect("waits for the turn of an interrupted prompt that the server had accepted", () =>
    Effect.gen(function* () {
      const conversation = yield* converse
      yield* inject({ path: "/agents/{id}/send", fault: Fault.slowFirstByte("20 seconds") })
      yield* within("10 seconds")(Effect.timeoutOption(conversation.askResult("one"), "5 seconds"))
      expect(yield* orHang(conversation.askResult("two"))).toMatchObject({ text: "You said: two" })
    }).pipe(Effect.scoped, over({ run: takes("1 minute") }))
  )

  it.effect("can be asked from within a stream of its events", () =>
    Effect.gen(function* () {
      const conversation = yield* converse
      const answers: Array<string | undefined> = []
      yield* orHang(
        Stream.runForEach(conversation.ask("one"), (event) =>
          event._tag === "TurnStarted"
            ? Effect.map(conversation.askResult("two"), ({ text }) => answers.push(text))
            : Effect.void
        )
      )
      expect(answers).toEqual(["You said: two"])
    }).pipe(Effect.scoped, over())
  )

  it.effect("ends its event streams when its scope closes", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const conversation = yield* Scope.extend(converse, scope)
      const listening = yield* Effect.fork(Effect.exit(collect(conversation.events)))
      yield* TestClock.adjust("1 second")
      yield* Scope.close(scope, Exit.void)
      expect(Exit.isExit(yield* orHang(Fiber.join(listening)))).toBe(true)
      expect(Exit.isExit(yield* orHang(Effect.exit(collect(conversation.events))))).toBe(true)
    }).pipe(over())
  )

  it.effect("opens the event stream before it sends the prompt of its request", () =>
    Effect.gen(function* () {
      const request: AgentRequest = { prompt: "hi", disableIdleTimeout: true }
      const conversation = yield* (yield* Agents).converse(request)
      const sent = yield* requests
      const create = sent.find(({ method, path }) => method === "POST" && path === "/agents")
      expect(JSON.parse(create?.body ?? "")).not.toHaveProperty("prompt")
      const opening = yield* orHang(collect(conversation.opening))
      expect(opening.at(0)).toMatchObject({ _tag: "TurnStarted" })
      expect(opening.at(-1)).toMatchObject({ _tag: "TurnEnded" })
      expect(yield* orHang(conversation.askResult("more"))).toMatchObject({ text: "You said: more" })
    }).pipe(Effect.scoped, over({ run: takes("5 seconds") }))
  )

  it.effect("treats a result with an error subtype as a failure, whatever its flag", () =>
    Effect.gen(function* () {
      const conversation = yield* converse
      expect(yield* Effect.flip(conversation.askResult("hi"))).toMatchObject({ _tag: "RunFailed" })
    }).pipe(
      Effect.scoped,
      over({
        run: () =>
          Script.says(JSON.stringify({ type: "result", subtype: "error_max_turns", is_error: false, num_turns: 3 }))
      })
    )
  )

  it.effect("ends a turn even if an optional field has another type", () =>
    Effect.gen(function* () {
      yield* inject({
        path: "/agents/{id}/stream",
        fault: Fault.replaceBody(
          'event: turn_end\ndata: {"turn_id":"turn-1","at":1}\n\nevent: exited\ndata: {"error":{"code":1}}\n\nevent: closed\ndata: {}\n\n',
          "text/event-stream"
        )
      })
      const agents = yield* Agents
      const { id } = yield* agents.create()
      expect(yield* collect(agents.events(id))).toMatchObject([
        { _tag: "TurnEnded", turnId: "turn-1" },
        { _tag: "Exited" }
      ])
    }).pipe(over())
  )
})

describe("a scoped agent under failures", () => {
  it.effect("is stopped with retries, whatever the request policy of its user", () =>
    Effect.gen(function* () {
      yield* inject({ method: "DELETE", path: "/agents/{id}", fault: Fault.status(502) })
      const agents = yield* Agents
      yield* within("2 minutes")(
        Effect.scoped(withRequestOptions(agents.scoped(), { retry: false, timeout: "1 second" }))
      )
      expect(yield* running).toEqual([])
    }).pipe(over())
  )

  it.effect("does not keep its scope open forever when the stop request hangs", () =>
    Effect.gen(function* () {
      yield* inject({ method: "DELETE", path: "/agents/{id}", fault: Fault.hang, times: Number.POSITIVE_INFINITY })
      yield* orHang(Effect.scoped((yield* Agents).scoped()))
    }).pipe(over())
  )

  it.effect("is stopped even if a slow server creates it after the scope was interrupted", () =>
    Effect.gen(function* () {
      yield* inject({ method: "POST", path: "/agents", fault: Fault.slowFirstByte("20 seconds") })
      const exit = yield* within("2 minutes")(
        Effect.exit(Effect.scoped(Effect.timeout((yield* Agents).scoped(), "1 second")))
      )
      expect(Exit.isFailure(exit)).toBe(true)
      expect(yield* running).toEqual([])
    }).pipe(over())
  )
})
