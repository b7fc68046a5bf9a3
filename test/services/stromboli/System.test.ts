/** The health of the server. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Fault } from "../../../src/embedded/stromboli/index.js"
import { isHealthy } from "../../../src/schema/stromboli/System.js"
import { System } from "../../../src/services/stromboli/System.js"
import { inject, requests, type Setup, services, timed, within } from "../../support/embedded.js"

const over = (setup: Setup = {}) => Effect.provide(services({ ...setup, client: { retry: false, ...setup.client } }))
const health = Effect.flatMap(System, (system) => system.health)

describe("the health of a server", () => {
  it.effect("is ok, with the version and the components", () =>
    Effect.gen(function* () {
      const state = yield* health
      expect(state).toEqual({
        status: "ok",
        name: "stromboli",
        version: "v0.5.7-alpha",
        components: [
          { name: "podman", status: "ok" },
          { name: "claude-credentials-file", status: "ok" },
          { name: "claude-credentials-secret", status: "ok" }
        ]
      })
      expect(isHealthy(state)).toBe(true)
      expect(yield* requests).toMatchObject([{ method: "GET", path: "/health", query: {} }])
    }).pipe(over())
  )

  it.effect("is a value even when degraded, and names the broken component", () =>
    Effect.gen(function* () {
      const state = yield* health
      expect(state.status).toBe("degraded")
      expect(isHealthy(state)).toBe(false)
      expect(state.components).toContainEqual({ name: "podman", status: "error", error: "podman: not found" })
      expect(state.components).toContainEqual({ name: "claude-credentials-file", status: "ok" })
    }).pipe(over({ server: { brokenComponents: { podman: "podman: not found" } } }))
  )

  it.effect("can be read without components, and with the status of a newer server", () =>
    Effect.gen(function* () {
      yield* inject({
        fault: Fault.replaceBody('{"status":"starting","name":"stromboli","version":""}', "application/json")
      })
      const state = yield* health
      expect(state).toEqual({ status: "starting", name: "stromboli", version: "" })
      expect(isHealthy(state)).toBe(false)
    }).pipe(over())
  )

  it.effect("may take ten seconds", () =>
    Effect.gen(function* () {
      yield* inject({ fault: Fault.slowFirstByte("10 seconds") })
      expect((yield* timed("1 minute")(health)).waited).toBe(10_000)
    }).pipe(over())
  )

  it.effect("is retried, because the request starts nothing", () =>
    Effect.gen(function* () {
      yield* inject({ fault: Fault.status(502), times: 2 })
      expect((yield* within("1 minute")(health)).status).toBe("ok")
      expect(yield* requests).toHaveLength(3)
    }).pipe(Effect.provide(services()))
  )

  it.effect("is Timeout after 30 seconds of silence", () =>
    Effect.gen(function* () {
      yield* inject({ fault: Fault.hang })
      const { result, waited } = yield* timed("1 minute")(Effect.flip(health))
      expect(result).toMatchObject({ _tag: "Timeout", code: "TIMEOUT", side: "client", operation: "System.health" })
      expect(waited).toBe(30_000)
    }).pipe(over())
  )

  it.effect("is InvalidResponse when it is a proxy's page", () =>
    Effect.gen(function* () {
      yield* inject({ fault: Fault.status(200, { body: "<html>Welcome</html>", contentType: "text/html" }) })
      expect(yield* Effect.flip(health)).toMatchObject({
        _tag: "InvalidResponse",
        status: 200,
        operation: "System.health"
      })
    }).pipe(over())
  )

  it.effect("is InvalidResponse when it is larger than `maxResponseSize`", () =>
    Effect.gen(function* () {
      yield* inject({ fault: Fault.oversizedBody(20 * 1024 * 1024) })
      expect(yield* Effect.flip(health)).toMatchObject({ _tag: "InvalidResponse", status: 200 })
    }).pipe(over({ client: { maxResponseSize: 10 * 1024 * 1024 } }))
  )

  it.effect("is UnexpectedStatus, not NotFound, when the route is missing", () =>
    Effect.gen(function* () {
      expect(yield* Effect.flip(health)).toMatchObject({
        _tag: "UnexpectedStatus",
        status: 404,
        path: "/health"
      })
    }).pipe(over({ client: { baseUrl: "http://stromboli.test/not/here/" } }))
  )
})

describe("the status of Claude", () => {
  it.effect("is configured or not, with the server's message", () =>
    Effect.gen(function* () {
      expect(yield* (yield* System).claudeStatus).toEqual({ configured: true, message: "Claude is configured" })
      expect(yield* requests).toMatchObject([{ method: "GET", path: "/claude/status" }])
    }).pipe(over())
  )

  it.effect("is a value even when not configured", () =>
    Effect.gen(function* () {
      expect(yield* (yield* System).claudeStatus).toEqual({
        configured: false,
        message: "Run 'make claude-setup' to configure"
      })
    }).pipe(over({ server: { claudeConfigured: false } }))
  )
})
