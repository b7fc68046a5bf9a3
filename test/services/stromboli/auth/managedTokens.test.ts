/** Tokens that the layer looks after: it logs in with a client id, and keeps its access token fresh. */
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

/** The tokens that the jobs were asked for with, without repeats. */
const tokens = Effect.map(requests, (all) => [
  ...new Set(all.filter(({ path }) => path === "/jobs").map(({ headers }) => headers["authorization"]))
])

/** Tokens are signed in real time, so the clock goes on in steps until that has happened. */
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

  it.effect("logs in once for fifty calls that come first, and at once", () =>
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

  it.effect("logs in without a token where the server wants none", () =>
    Effect.gen(function* () {
      yield* call
      expect((yield* requests).map(({ headers }) => headers["authorization"])).toEqual([
        undefined,
        expect.stringMatching(/^Bearer ey/)
      ])
    }).pipe(over({ required: false }, { token: undefined }))
  )

  it.effect("logs in as the client that it was told to be", () =>
    Effect.gen(function* () {
      expect((yield* (yield* Auth).validate).subject).toBe("nightly")
    }).pipe(over())
  )

  it.effect("logs in again after its token was given up, or cleared", () =>
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
  it.effect("is refreshed a minute before, once for all calls that need it, and never refused", () =>
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

  it.effect("is refreshed after nine tenths of a life that is short", () =>
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

  it.effect("is replaced by a log-in when the refresh token is dead", () =>
    Effect.gen(function* () {
      yield* call
      yield* TestClock.adjust("3 hours")
      expect(Exit.isSuccess(yield* Effect.exit(call))).toBe(true)
      expect((yield* lines).slice(2)).toEqual(["POST /auth/refresh", "POST /auth/token", "GET /jobs"])
    }).pipe(over({ accessTokenLifetime: "1 hour", refreshTokenLifetime: "2 hours" }))
  )

  it.effect("is not replaced by a log-in when the server merely cannot refresh it now", () =>
    Effect.gen(function* () {
      yield* call
      yield* TestClock.adjust("1 hour")
      yield* inject({ path: "/auth/refresh", fault: Fault.status(503) })
      expect(yield* Effect.flip(call)).toMatchObject({ _tag: "Unavailable", operation: "Auth.refresh" })
      expect(yield* logins).toBe(1)
      yield* call
      expect(yield* refreshes).toBe(2)
    }).pipe(over({ accessTokenLifetime: "1 hour" }))
  )
})

describe("an access token that the server refuses", () => {
  const refusal = Fault.status(401, { body: '{"error":"token revoked"}', contentType: "application/json" })

  it.effect("is refreshed once for all calls that it was refused to, and each is sent again", () =>
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

  it.effect("is refreshed once and no more when that does not help: Unauthorized", () =>
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

  it.effect("is replaced by a log-in when it was set by hand, for then there is nothing to refresh", () =>
    Effect.gen(function* () {
      yield* (yield* Auth).setToken(Redacted.make("wrong"))
      yield* call
      expect(yield* lines).toEqual(["GET /jobs", "POST /auth/token", "GET /jobs"])
    }).pipe(over())
  )

  it.effect("is not refreshed again for a call whose refusal comes late", () =>
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

  it.effect("does not keep a run from being started, once", () =>
    Effect.gen(function* () {
      yield* call
      yield* inject({ path: "/run", fault: refusal })
      yield* (yield* Execution).run({ prompt: "hi" })
      expect((yield* lines).slice(2)).toEqual(["POST /run", "POST /auth/refresh", "POST /run"])
    }).pipe(over())
  )

  it.effect("does not keep a stream from being opened", () =>
    Effect.gen(function* () {
      yield* call
      yield* inject({ path: "/run/stream", fault: refusal })
      const events = yield* collect((yield* Execution).stream({ prompt: "hi" }))
      expect(events.map(({ _tag }) => _tag)).toEqual(["Output", "Done"])
    }).pipe(over())
  )

  it.effect("stays refused where there is no client id", () =>
    Effect.gen(function* () {
      expect(yield* Effect.flip(call)).toMatchObject({ _tag: "Unauthorized" })
      expect(yield* lines).toEqual(["GET /jobs"])
    }).pipe(over({}, { clientId: undefined, token: Redacted.make("wrong") }))
  )
})

describe("a log-in that fails", () => {
  it.effect("fails all calls that wait for it, and is not tried for each of them", () =>
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

  it.effect("is tried again by the next call", () =>
    Effect.gen(function* () {
      yield* inject({ path: "/auth/token", fault: Fault.status(500) })
      expect(yield* Effect.flip(call)).toMatchObject({ _tag: "ServerError", operation: "Auth.token" })
      yield* call
      expect(yield* logins).toBe(2)
    }).pipe(over())
  )

  it.effect("is repeated like any other request, and not once more for each repeat of the calls", () =>
    Effect.gen(function* () {
      yield* inject({ path: "/auth/token", fault: Fault.status(503), times: Number.POSITIVE_INFINITY })
      yield* timed("5 minutes")(calls(10))
      expect(yield* logins).toBe(3)
    }).pipe(over({}, { retry: undefined }))
  )

  it.effect("does not make it doubtful whether a run was started: it was not", () =>
    Effect.gen(function* () {
      yield* inject({ path: "/auth/token", fault: Fault.resetAfterRequest })
      const failure = yield* Effect.flip((yield* Execution).run({ prompt: "hi" }))
      expect(yield* lines).toEqual(["POST /auth/token"])
      expect(failure).toMatchObject({ _tag: "TransportError", admitted: "no" })
    }).pipe(over())
  )
})

describe("a caller that waits for a log-in", () => {
  const slowLogin = inject({ path: "/auth/token", fault: Fault.slowFirstByte("5 seconds") })

  it.effect("can give up without taking it from the others", () =>
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

  it.effect("does not impose its own impatience on the others", () =>
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
