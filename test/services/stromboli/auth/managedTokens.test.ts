/** Tokens that the layer manages: it logs in with a client id and refreshes its access token. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import { type AuthOptions, Fault } from "../../../../src/embedded/stromboli/index.js"
import { withRequestOptions } from "../../../../src/RequestOptions.js"
import { JobId } from "../../../../src/schema/stromboli/Identifiers.js"
import { Auth } from "../../../../src/services/stromboli/auth/Auth.js"
import { Execution } from "../../../../src/services/stromboli/execution/Execution.js"
import { Jobs } from "../../../../src/services/stromboli/Jobs.js"
import type { StromboliClient } from "../../../../src/services/stromboli/StromboliClient.js"
import { collect, inject, lines, requests, services, timed } from "../../../support/embedded.js"
import * as Scripted from "../../../support/scriptedServer.js"
import { jobsOver } from "../../../support/stromboliOver.js"

const apiToken = "api-token-of-the-operator"
const jwtSecret = "a secret of at least thirty-two characters"

const over = (auth: AuthOptions = {}, client: Partial<StromboliClient.Options> = {}) =>
  Effect.provide(
    services({
      server: { auth: { tokens: [apiToken], jwtSecret, ...auth } },
      client: { token: Redacted.make(apiToken), clientId: "nightly", retry: false, ...client }
    })
  )

const call = Effect.flatMap(Jobs, (jobs) => jobs.list)
const calls = (count: number) =>
  Effect.forEach(Array.from({ length: count }), () => Effect.exit(call), { concurrency: "unbounded" })
const howOften = (line: string) => Effect.map(lines, (all) => all.filter((each) => each === line).length)
const logins = howOften("POST /auth/token")
const refreshes = howOften("POST /auth/refresh")

/** The distinct tokens that the jobs were requested with. */
const tokens = Effect.map(requests, (all) => [
  ...new Set(all.filter(({ path }) => path === "/jobs").map(({ headers }) => headers["authorization"]))
])

/** Tokens are signed in real time, so the test clock advances in steps until that is done. */
const whenDone = <A, E>(fiber: Fiber.RuntimeFiber<A, E>) =>
  Effect.gen(function* () {
    while (Option.isNone(yield* Fiber.poll(fiber))) yield* TestClock.adjust("1 second")
    return yield* Fiber.join(fiber)
  })

describe("a layer with a client id", () => {
  it.effect("sends nothing before its first call", () =>
    Effect.gen(function* () {
      yield* Auth
      expect(yield* requests).toEqual([])
    }).pipe(over())
  )

  it.effect("logs in once for fifty concurrent first calls", () =>
    Effect.gen(function* () {
      const results = yield* calls(50)
      expect(results.filter(Exit.isSuccess)).toHaveLength(50)
      expect(yield* logins).toBe(1)
      expect(yield* lines).toHaveLength(51)
      const [first] = yield* requests
      expect(first).toMatchObject({ path: "/auth/token", body: '{"client_id":"nightly"}' })
      expect(first?.headers["authorization"]).toBe(`Bearer ${apiToken}`)
      const [token, ...others] = yield* tokens
      expect(token).toMatch(/^Bearer ey/)
      expect(others).toEqual([])
    }).pipe(over())
  )

  it.effect("logs in without a token when the server requires none", () =>
    Effect.gen(function* () {
      yield* call
      expect((yield* requests).map(({ headers }) => headers["authorization"])).toEqual([
        undefined,
        expect.stringMatching(/^Bearer ey/)
      ])
    }).pipe(over({ required: false }, { token: undefined }))
  )

  it.effect("logs in with the given client id", () =>
    Effect.gen(function* () {
      expect((yield* (yield* Auth).validate).subject).toBe("nightly")
    }).pipe(over())
  )

  it.effect("logs in again after its token was revoked or cleared", () =>
    Effect.gen(function* () {
      const auth = yield* Auth
      yield* call
      yield* auth.logout
      yield* call
      expect(yield* logins).toBe(2)
      yield* auth.clearToken
      yield* call
      expect(yield* logins).toBe(3)
    }).pipe(over())
  )
})

describe("an access token that is about to expire", () => {
  it.effect("is refreshed a minute before, once for all calls, and is never refused", () =>
    Effect.gen(function* () {
      yield* call
      yield* TestClock.adjust("58 minutes")
      yield* call
      expect(yield* refreshes).toBe(0)
      yield* TestClock.adjust("61 seconds")
      const results = yield* calls(20)
      expect(results.filter(Exit.isSuccess)).toHaveLength(20)
      expect(yield* refreshes).toBe(1)
      expect(yield* logins).toBe(1)
      expect(yield* tokens).toHaveLength(2)
      expect(yield* lines).toHaveLength(1 + 1 + 1 + 1 + 20)
    }).pipe(over({ accessTokenLifetime: "1 hour" }))
  )

  it.effect("is refreshed after nine tenths of a short lifetime", () =>
    Effect.gen(function* () {
      yield* call
      yield* TestClock.adjust("26 seconds")
      yield* call
      expect(yield* refreshes).toBe(0)
      yield* TestClock.adjust("1 second")
      yield* call
      expect(yield* refreshes).toBe(1)
    }).pipe(over({ accessTokenLifetime: "30 seconds" }))
  )

  it.effect("is replaced by a login when the refresh token is refused", () =>
    Effect.gen(function* () {
      yield* call
      yield* TestClock.adjust("3 hours")
      expect(Exit.isSuccess(yield* Effect.exit(call))).toBe(true)
      expect((yield* lines).slice(2)).toEqual(["POST /auth/refresh", "POST /auth/token", "GET /jobs"])
    }).pipe(over({ accessTokenLifetime: "1 hour", refreshTokenLifetime: "2 hours" }))
  )

  it.effect("is not replaced by a login when the refresh fails for another reason", () =>
    Effect.gen(function* () {
      yield* call
      yield* TestClock.adjust("1 hour")
      yield* inject({ path: "/auth/refresh", fault: Fault.status(503) })
      expect(yield* Effect.flip(call)).toMatchObject({ _tag: "Unavailable", operation: "Auth.refresh" })
      expect(yield* logins).toBe(1)
      yield* TestClock.adjust("1 second")
      yield* call
      expect(yield* refreshes).toBe(2)
    }).pipe(over({ accessTokenLifetime: "1 hour" }))
  )
})

describe("an access token that the server refuses", () => {
  const refusal = Fault.status(401, { body: '{"error":"token revoked"}', contentType: "application/json" })

  it.effect("is refreshed once for all refused calls, and each is sent again", () =>
    Effect.gen(function* () {
      yield* call
      yield* inject({ path: "/jobs", fault: refusal, times: 20 })
      const results = yield* calls(20)
      expect(results.filter(Exit.isSuccess)).toHaveLength(20)
      expect(yield* refreshes).toBe(1)
      expect(yield* logins).toBe(1)
      expect(yield* howOften("GET /jobs")).toBe(1 + 20 + 20)
    }).pipe(over())
  )

  it.effect("is refreshed only once if the new one is refused, too: Unauthorized", () =>
    Effect.gen(function* () {
      yield* call
      yield* inject({ path: "/jobs", fault: refusal, times: Number.POSITIVE_INFINITY })
      expect(yield* Effect.flip(call)).toMatchObject({
        _tag: "Unauthorized",
        operation: "Jobs.list",
        detail: "token revoked"
      })
      expect((yield* lines).slice(2)).toEqual(["GET /jobs", "POST /auth/refresh", "GET /jobs"])
    }).pipe(over())
  )

  it.effect("is replaced by a login when it was set by hand, without a refresh token", () =>
    Effect.gen(function* () {
      yield* (yield* Auth).setToken(Redacted.make("wrong"))
      yield* call
      expect(yield* lines).toEqual(["GET /jobs", "POST /auth/token", "GET /jobs"])
    }).pipe(over())
  )

  it.effect("is not refreshed again for a refusal that arrives late", () =>
    Effect.gen(function* () {
      const auth = yield* Auth
      const jobs = yield* Jobs
      yield* call
      const [header = ""] = yield* tokens
      yield* auth.logout
      yield* auth.setToken(Redacted.make(header.replace("Bearer ", "")))
      yield* inject({ path: "/jobs/{id}", fault: Fault.slowFirstByte("10 seconds") })
      const late = yield* Effect.fork(Effect.flip(jobs.get(JobId.make("job-1"))))
      yield* TestClock.adjust("1 second")
      yield* call
      expect(yield* logins).toBe(2)
      expect(yield* whenDone(late)).toMatchObject({ _tag: "NotFound" })
      expect([yield* logins, yield* refreshes]).toEqual([2, 0])
    }).pipe(over())
  )

  it.effect("does not prevent a run from being started, once", () =>
    Effect.gen(function* () {
      yield* call
      yield* inject({ path: "/run", fault: refusal })
      yield* (yield* Execution).run({ prompt: "hi" })
      expect((yield* lines).slice(2)).toEqual(["POST /run", "POST /auth/refresh", "POST /run"])
    }).pipe(over())
  )

  it.effect("does not prevent a stream from being opened", () =>
    Effect.gen(function* () {
      yield* call
      yield* inject({ path: "/run/stream", fault: refusal })
      const events = yield* collect((yield* Execution).stream({ prompt: "hi" }))
      expect(events.map(({ _tag }) => _tag)).toEqual(["Output", "Done"])
    }).pipe(over())
  )

  it.effect("is not refreshed without a client id", () =>
    Effect.gen(function* () {
      expect(yield* Effect.flip(call)).toMatchObject({ _tag: "Unauthorized" })
      expect(yield* lines).toEqual(["GET /jobs"])
    }).pipe(over({}, { clientId: undefined, token: Redacted.make("wrong") }))
  )
})

describe("a refresh that fails", () => {
  const pair = { access_token: "a", refresh_token: "r", token_type: "Bearer", expires_in: 3600 }
  it.effect("fails all callers of the next second with one request, and is tried again after it", () => {
    const server = Scripted.routed({
      "/auth/token": Scripted.json(pair),
      "/auth/refresh": Scripted.error(500, "database"),
      "/jobs": Scripted.error(401, "expired")
    })
    const refreshed = () => server.asked.filter(({ url }) => url.endsWith("/auth/refresh")).length
    return Effect.gen(function* () {
      for (let caller = 0; caller < 20; caller++) {
        expect(yield* Effect.flip(call)).toMatchObject({ _tag: "ServerError", operation: "Auth.refresh" })
      }
      expect(refreshed()).toBe(1)
      yield* TestClock.adjust("1 second")
      yield* Effect.flip(call)
      expect(refreshed()).toBe(2)
    }).pipe(Effect.provide(jobsOver(server.layer, { clientId: "nightly", retry: false })))
  })

  it.effect.each([400, 403, 404, 410])("because the token was used up, in the words of %i, logs in again", (status) => {
    const server = Scripted.routed({
      "/auth/token": Scripted.json(pair),
      "/auth/refresh": Scripted.error(status, "unknown token"),
      "/jobs": Scripted.error(401, "expired")
    })
    return Effect.gen(function* () {
      expect(yield* Effect.flip(call)).toMatchObject({ _tag: "Unauthorized", operation: "Jobs.list" })
      expect(server.asked.map(({ url }) => new URL(url).pathname)).toEqual([
        "/auth/token",
        "/jobs",
        "/auth/refresh",
        "/auth/token",
        "/jobs"
      ])
    }).pipe(Effect.provide(jobsOver(server.layer, { clientId: "nightly", retry: false })))
  })
})

describe("a login that fails", () => {
  it.effect("fails all calls that wait for it, and is not attempted for each", () =>
    Effect.gen(function* () {
      const results = yield* Effect.forEach(Array.from({ length: 50 }), () => Effect.flip(call), {
        concurrency: "unbounded"
      })
      for (const failure of results) {
        expect(failure).toMatchObject({
          _tag: "Unauthorized",
          operation: "Auth.token",
          detail: "missing authorization header"
        })
      }
      expect(yield* lines).toEqual(["POST /auth/token"])
    }).pipe(over({}, { token: undefined }))
  )

  it.effect("is attempted again by the next call after a second", () =>
    Effect.gen(function* () {
      yield* inject({ path: "/auth/token", fault: Fault.status(500) })
      expect(yield* Effect.flip(call)).toMatchObject({ _tag: "ServerError", operation: "Auth.token" })
      yield* TestClock.adjust("1 second")
      yield* call
      expect(yield* logins).toBe(2)
    }).pipe(over())
  )

  it.effect("is retried like any other request, but not again with each retry of a call", () =>
    Effect.gen(function* () {
      yield* inject({ path: "/auth/token", fault: Fault.status(503), times: Number.POSITIVE_INFINITY })
      yield* timed("5 minutes")(calls(10))
      expect(yield* logins).toBe(3)
    }).pipe(over({}, { retry: undefined }))
  )

  it.effect("leaves no doubt that a run was not started", () =>
    Effect.gen(function* () {
      yield* inject({ path: "/auth/token", fault: Fault.resetAfterRequest })
      const failure = yield* Effect.flip((yield* Execution).run({ prompt: "hi" }))
      expect(yield* lines).toEqual(["POST /auth/token"])
      expect(failure).toMatchObject({ _tag: "TransportError", admitted: "no" })
    }).pipe(over())
  )
})

describe("a caller that waits for a login", () => {
  const slowLogin = inject({ path: "/auth/token", fault: Fault.slowFirstByte("5 seconds") })

  it.effect("can be interrupted without cancelling it for the others", () =>
    Effect.gen(function* () {
      yield* slowLogin
      const first = yield* Effect.fork(call)
      const second = yield* Effect.fork(Effect.exit(call))
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(first)
      expect(Exit.isSuccess(yield* whenDone(second))).toBe(true)
      expect(yield* logins).toBe(1)
      expect(yield* howOften("GET /jobs")).toBe(1)
    }).pipe(over())
  )

  it.effect("does not impose its deadline on the others", () =>
    Effect.gen(function* () {
      yield* slowLogin
      const first = yield* Effect.fork(Effect.flip(withRequestOptions(call, { timeout: "1 second" })))
      yield* TestClock.adjust("0 millis")
      const second = yield* Effect.fork(Effect.exit(call))
      expect(yield* whenDone(first)).toMatchObject({ _tag: "Timeout", side: "client" })
      expect(Exit.isSuccess(yield* whenDone(second))).toBe(true)
      expect(yield* logins).toBe(1)
    }).pipe(over())
  )
})
