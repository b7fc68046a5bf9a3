/** Creating agents on a server that ignores session ids, as all known ones do: nothing is left behind. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { describe, expect, it } from "@effect/vitest"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { withRequestOptions } from "../../../../src/RequestOptions.js"
import type { AgentRequest } from "../../../../src/schema/stromboli/Agent.js"
import { SessionId } from "../../../../src/schema/stromboli/Identifiers.js"
import { Agents } from "../../../../src/services/stromboli/agents/Agents.js"
import { StromboliClient } from "../../../../src/services/stromboli/StromboliClient.js"
import { timed, within } from "../../../support/embedded.js"

interface Behaviour {
  /** How long a creation takes; the server goes on with it when the client has gone. */
  readonly takes?: Duration.DurationInput
  /** Whether the connection breaks instead of the response. */
  readonly breaks?: boolean
  /** How long it takes to stop an agent. */
  readonly stopTakes?: Duration.DurationInput
}

const sessionOf = (count: number) => `5e551013-0000-4000-8000-00000000000${count}`

/** A server of agents, and what it did. */
const makeServer = ({ breaks = false, stopTakes = 0, takes = "20 millis" }: Behaviour = {}) => {
  const running = new Set<string>()
  const lines: Array<string> = []
  let created = 0

  const create = Effect.gen(function* () {
    yield* Effect.sleep(takes)
    const id = `agent-${++created}`
    running.add(id)
    const at = "2026-05-06T12:00:00Z"
    const times = { created_at: at, last_activity_at: at }
    return {
      id,
      session_id: sessionOf(created),
      status: "idle",
      ...times,
      idle_timeout_seconds: 1800,
      turns_completed: 0
    }
  })
  const stop = (id: string) =>
    Effect.as(
      Effect.delay(
        Effect.sync(() => running.delete(id)),
        stopTakes
      ),
      undefined
    )
  const handle = (id: string | undefined): Effect.Effect<object | undefined> => (id === undefined ? create : stop(id))

  const client = HttpClient.make((request, url) =>
    Effect.gen(function* () {
      lines.push(`${request.method} ${url.pathname}`)
      const id = url.pathname.split("/").at(2)
      // A handler of the server runs to its end, whoever waits for it.
      const handler = yield* Effect.forkDaemon(Effect.interruptible(handle(id)))
      const body = yield* Fiber.join(handler)
      if (breaks) return yield* new HttpClientError.RequestError({ request, reason: "Transport", cause: reset })
      return HttpClientResponse.fromWeb(
        request,
        body !== undefined ? Response.json(body, { status: 201 }) : new Response(null, { status: 204 })
      )
    })
  )
  const layer = Agents.layer.pipe(
    Layer.provide(StromboliClient.layer({ baseUrl: "http://stromboli.test", retry: false })),
    Layer.provide(Layer.succeed(HttpClient.HttpClient, client))
  )
  return { running, lines, layer, created: () => created }
}

const reset = new TypeError("fetch failed", { cause: Object.assign(new Error("reset"), { code: "ECONNRESET" }) })

const warnings = () => {
  const logged: Array<string> = []
  const layer = Logger.replace(
    Logger.defaultLogger,
    Logger.make(({ message }) => {
      logged.push(String(message))
    })
  )
  return { logged, layer }
}

describe("an agent whose creation is interrupted", () => {
  for (const method of ["create", "scoped"] as const) {
    it.effect(`by \`${method}\` is stopped, at whatever moment that happens`, () =>
      Effect.gen(function* () {
        for (let moment = 0; moment <= 50; moment++) {
          const server = makeServer()
          yield* Effect.gen(function* () {
            const agents = yield* Agents
            const scope = yield* Scope.make()
            const create =
              method === "scoped"
                ? Scope.extend(agents.scoped(), scope)
                : Effect.flatMap(agents.create(), () => Effect.never)
            const creating = yield* Effect.fork(create)
            yield* TestClock.adjust(moment)
            yield* Fiber.interrupt(creating)
            yield* Scope.close(scope, Exit.void)
            yield* TestClock.adjust("1 second")
          }).pipe(Effect.provide(server.layer))
          // Whoever has the agent of `create` has to stop it.
          const owned = method === "create" && moment >= 20 ? 1 : 0
          expect([moment, server.running.size]).toEqual([moment, owned])
        }
      })
    )
  }

  it.effect("does not delay the interruption", () =>
    Effect.gen(function* () {
      const agents = yield* Agents
      const creating = Effect.timeoutOption(Effect.scoped(agents.scoped()), "1 second")
      expect((yield* timed("1 minute")(creating)).waited).toBe(1_000)
    }).pipe(Effect.provide(makeServer({ takes: "20 seconds" }).layer))
  )

  it.effect("is stopped before the layer has closed", () =>
    Effect.gen(function* () {
      const server = makeServer({ takes: "20 seconds", stopTakes: "5 seconds" })
      const program = Effect.provide(
        Effect.flatMap(Agents, (agents) => Effect.timeoutOption(agents.create(), "1 second")),
        server.layer
      )
      expect((yield* timed("1 minute")(program)).waited).toBe(25_000)
      expect(server.created()).toBe(1)
      expect(server.running.size).toBe(0)
    })
  )

  it.effect("does not keep the layer open for ever when the server never responds", () =>
    Effect.gen(function* () {
      const server = makeServer({ takes: "10 hours" })
      const program = Effect.provide(
        Effect.flatMap(Agents, (agents) => Effect.timeoutOption(agents.create(), "1 second")),
        server.layer
      )
      expect((yield* timed("1 hour")(program)).waited).toBeLessThanOrEqual(3 * 60_000)
    })
  )
})

describe("an agent whose creation takes too long", () => {
  for (const [what, policy, waited] of [
    ["by default", {}, 30_000],
    ["with a timeout", { timeout: "1 second" }, 1_000],
    ["with a deadline", { deadline: "2 seconds" }, 2_000]
  ] as const) {
    it.effect(`is a Timeout ${what}, and is stopped as soon as it is there`, () =>
      Effect.gen(function* () {
        const server = makeServer({ takes: "1 minute" })
        yield* Effect.gen(function* () {
          const agents = yield* Agents
          const creating = Effect.flip(Effect.scoped(withRequestOptions(agents.scoped(), policy)))
          const { result, waited: actual } = yield* timed("40 seconds")(creating)
          expect(result).toMatchObject({ _tag: "Timeout", side: "client", admitted: "unknown" })
          expect(actual).toBe(waited)
          yield* TestClock.adjust("1 minute")
          expect(server.created()).toBe(1)
          expect(server.running.size).toBe(0)
        }).pipe(Effect.provide(server.layer))
      })
    )
  }
})

describe("an agent whose response is lost with its connection", () => {
  it.effect("is logged, because nothing can find it, and is not created again", () =>
    Effect.gen(function* () {
      const server = makeServer({ breaks: true })
      const { layer, logged } = warnings()
      const failure = yield* Effect.flatMap(Agents, (agents) => Effect.flip(Effect.scoped(agents.scoped()))).pipe(
        within("1 minute"),
        Effect.provide(server.layer),
        Effect.provide(layer)
      )
      expect(failure).toMatchObject({ _tag: "TransportError", admitted: "unknown" })
      expect(logged.join()).toContain("may have been left behind")
      expect(server.lines).toEqual(["POST /agents"])
    })
  )
})

describe("an agent that should resume a session", () => {
  const sessionId = SessionId.make("3f2504e0-4f89-41d3-9a0c-0305e82c3301")
  const resuming: AgentRequest = { claude: { sessionId, resume: true } }

  for (const method of ["create", "scoped", "converse"] as const) {
    it.effect(`with \`${method}\` is SessionNotResumed when the server began another, and is stopped`, () =>
      Effect.gen(function* () {
        const server = makeServer()
        yield* Effect.gen(function* () {
          const agents = yield* Agents
          const asked = method === "converse" ? { ...resuming, prompt: "And now?" } : resuming
          const creating = method === "converse" ? Effect.asVoid(agents.converse(asked)) : agents[method](asked)
          const failure = yield* within("1 second")(Effect.flip(Effect.scoped(Effect.asVoid(creating))))
          expect(failure).toMatchObject({
            _tag: "SessionNotResumed",
            agentId: "agent-1",
            asked: sessionId,
            sessionId: sessionOf(1)
          })
          expect(server.running.size).toBe(0)
          expect(server.lines).toEqual(["POST /agents", "DELETE /agents/agent-1"])
        }).pipe(Effect.provide(server.layer))
      })
    )
  }

  it.effect("is what it should be when the server resumed it", () =>
    Effect.gen(function* () {
      const agents = yield* Agents
      const sessionId = SessionId.make(sessionOf(1))
      const agent = yield* within("1 second")(agents.create({ claude: { sessionId, resume: true } }))
      expect(agent).toMatchObject({ id: "agent-1", sessionId })
    }).pipe(Effect.provide(makeServer().layer))
  )
})
