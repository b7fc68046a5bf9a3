/** Agents as things: create, look up, prompt, stop. */
import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Fault, Script } from "../../../../src/embedded/stromboli/index.js"
import { AgentId, SessionId } from "../../../../src/schema/stromboli/Identifiers.js"
import { Agents } from "../../../../src/services/stromboli/agents/Agents.js"
import { inject, lastBody, lines, requests, type Setup, services } from "../../../support/embedded.js"

const over = (setup: Setup = {}) =>
  Effect.provide(
    Agents.layer.pipe(Layer.provideMerge(services({ ...setup, client: { retry: false, ...setup.client } })))
  )

const unknown = AgentId.make("agent-00000000-0000-4000-8000-000000000000")

describe("an agent", () => {
  it.effect("is created with every option, under its wire name", () =>
    Effect.gen(function* () {
      const agent = yield* (yield* Agents).create({
        workdir: "/work",
        idleTimeout: "5 minutes",
        disableIdleTimeout: false,
        claude: { sessionId: SessionId.make("3f2504e0-4f89-41d3-9a0c-0305e82c3301"), model: "opus", maxTurns: 3 }
      })
      expect(agent).toMatchObject({ idleTimeoutSeconds: 300, turnsCompleted: 0 })
      // The server makes a session of its own, whatever it is sent.
      expect(agent.sessionId).not.toBe("6f1a")
      expect(yield* lastBody).toEqual({
        workdir: "/work",
        idle_timeout_seconds: 300,
        disable_idle_timeout: false,
        claude: { session_id: "3f2504e0-4f89-41d3-9a0c-0305e82c3301", model: "opus", max_turns: 3 }
      })
    }).pipe(over())
  )

  it.effect("needs no options", () =>
    Effect.gen(function* () {
      const agent = yield* (yield* Agents).create()
      expect(agent.idleTimeoutSeconds).toBe(1800)
      expect(yield* lastBody).toEqual({})
    }).pipe(over())
  )

  it.effect("is listed and found until it is stopped", () =>
    Effect.gen(function* () {
      const agents = yield* Agents
      expect(yield* agents.list).toEqual([])
      const { id } = yield* agents.create()
      expect((yield* agents.list).map((agent) => agent.id)).toEqual([id])
      expect((yield* agents.get(id)).id).toBe(id)
      yield* agents.stop(id)
      expect(yield* agents.list).toEqual([])
      expect(yield* Effect.flip(agents.get(id))).toMatchObject({ _tag: "NotFound", detail: "agent: not found" })
    }).pipe(over())
  )

  it.effect("takes one prompt at a time", () =>
    Effect.gen(function* () {
      const agents = yield* Agents
      const { id } = yield* agents.create()
      expect(yield* agents.send(id, "think")).toMatch(/^turn-/)
      expect(yield* Effect.flip(agents.send(id, "and think"))).toMatchObject({ _tag: "Conflict", admitted: "no" })
    }).pipe(over({ run: () => Script.hangs() }))
  )

  it.effect("that has exited is Gone", () =>
    Effect.gen(function* () {
      const agents = yield* Agents
      const { id } = yield* agents.create({ prompt: "die" })
      yield* Effect.repeat(agents.get(id), { until: ({ status }) => status === "exited" })
      expect(yield* Effect.flip(agents.send(id, "hello?"))).toMatchObject({ _tag: "Gone", status: 410 })
    }).pipe(over({ run: () => Script.exits(1) }))
  )

  it.effect("that does not exist is NotFound, for every operation on it", () =>
    Effect.gen(function* () {
      const agents = yield* Agents
      const failures = yield* Effect.all([
        Effect.flip(agents.get(unknown)),
        Effect.flip(agents.send(unknown, "hi")),
        Effect.flip(agents.stop(unknown))
      ])
      expect(failures.map(({ _tag }) => _tag)).toEqual(["NotFound", "NotFound", "NotFound"])
    }).pipe(over())
  )

  it.effect("on a server before 0.5 is a missing route, not a missing agent", () =>
    Effect.gen(function* () {
      expect(yield* Effect.flip((yield* Agents).get(unknown))).toMatchObject({ _tag: "UnexpectedStatus", status: 404 })
    }).pipe(over({ server: { api: "0.4" } }))
  )

  it.effect("is not created twice when the response is lost", () =>
    Effect.gen(function* () {
      yield* inject({ path: "/agents", fault: Fault.resetAfterRequest })
      const failure = yield* Effect.flip((yield* Agents).create())
      expect(failure).toMatchObject({ _tag: "TransportError", admitted: "unknown" })
      expect(yield* lines).toEqual(["POST /agents"])
    }).pipe(over({ client: { retry: undefined } }))
  )

  for (const [what, request, field] of [
    ["an idle timeout of half a second", { idleTimeout: "500 millis" }, "idleTimeout"],
    ["an idle timeout of nothing", { idleTimeout: 0 }, "idleTimeout"],
    ["an endless idle timeout", { idleTimeout: Duration.infinity }, "idleTimeout"],
    ["a first prompt of white space", { prompt: " \n" }, "prompt"],
    ["a relative directory", { workdir: "work" }, "workdir"],
    ["resuming nothing", { claude: { resume: true } }, "claude.sessionId"]
  ] as const) {
    it.effect(`is not created with ${what}`, () =>
      Effect.gen(function* () {
        const failure = yield* Effect.flip((yield* Agents).create(request))
        expect(failure).toMatchObject({ _tag: "InvalidRequest", field })
        expect(yield* requests).toEqual([])
      }).pipe(over())
    )
  }

  it.effect("is not sent a blank prompt", () =>
    Effect.gen(function* () {
      expect(yield* Effect.flip((yield* Agents).send(unknown, "  "))).toMatchObject({ field: "prompt", attempts: 0 })
      expect(yield* requests).toEqual([])
    }).pipe(over())
  )
})
