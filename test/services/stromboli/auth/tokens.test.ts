/** Tokens that a program manages itself: refreshing, validating, revoking and replacing them. */
import { inspect } from "node:util"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import { Fault } from "../../../../src/embedded/stromboli/index.js"
import { Auth } from "../../../../src/services/stromboli/auth/Auth.js"
import { Jobs } from "../../../../src/services/stromboli/Jobs.js"
import { clearRequests, inject, lastBody, requests, type Setup, services } from "../../../support/embedded.js"

const apiToken = "api-token-of-the-operator"
const jwtSecret = "a secret of at least thirty-two characters"

/** A server that requires a token, and a client that has the operator's. */
const over = ({ client, server }: Setup = {}) =>
  Effect.provide(
    services({
      server: { auth: { tokens: [apiToken], jwtSecret, ...server?.auth } },
      client: { token: Redacted.make(apiToken), retry: false, ...client }
    })
  )

const bearers = Effect.map(requests, (all) => all.map(({ headers }) => headers["authorization"]))
const bearer = (token: Redacted.Redacted | string) =>
  `Bearer ${Redacted.isRedacted(token) ? Redacted.value(token) : token}`
const call = Effect.flatMap(Jobs, (jobs) => jobs.list)

describe("refreshing a token", () => {
  it.effect("uses the latest refresh token, and then the new pair", () =>
    Effect.gen(function* () {
      const auth = yield* Auth
      const first = yield* auth.token("me")
      yield* TestClock.adjust("1 minute")
      const second = yield* auth.refresh()
      expect(yield* lastBody).toEqual({ refresh_token: Redacted.value(first.refreshToken) })
      expect(Redacted.value(second.accessToken)).not.toBe(Redacted.value(first.accessToken))
      yield* auth.refresh()
      expect(yield* lastBody).toEqual({ refresh_token: Redacted.value(second.refreshToken) })
      yield* clearRequests
      const third = yield* auth.token("me")
      yield* call
      expect((yield* bearers).at(-1)).toBe(bearer(third.accessToken))
    }).pipe(over())
  )

  it.effect("uses the given refresh token", () =>
    Effect.gen(function* () {
      const auth = yield* Auth
      const given = (yield* auth.token("me")).refreshToken
      yield* auth.token("someone else")
      const pair = yield* auth.refresh(given)
      expect(yield* lastBody).toEqual({ refresh_token: Redacted.value(given) })
      yield* call
      expect((yield* bearers).at(-1)).toBe(bearer(pair.accessToken))
      expect((yield* auth.validate).subject).toBe("me")
    }).pipe(over())
  )

  it.effect("sends nothing without a refresh token", () =>
    Effect.gen(function* () {
      expect(yield* Effect.flip((yield* Auth).refresh())).toMatchObject({
        _tag: "InvalidRequest",
        operation: "Auth.refresh",
        field: "refreshToken"
      })
      expect(yield* requests).toEqual([])
    }).pipe(over())
  )

  it.effect("is Unauthorized with a token that is not a refresh token, and changes nothing", () =>
    Effect.gen(function* () {
      const auth = yield* Auth
      const { accessToken } = yield* auth.token("me")
      expect(yield* Effect.flip(auth.refresh(accessToken))).toMatchObject({
        _tag: "Unauthorized",
        detail: "invalid or expired refresh token"
      })
      yield* call
      expect((yield* bearers).at(-1)).toBe(bearer(accessToken))
    }).pipe(over())
  )
})

describe("validating a token", () => {
  it.effect("returns its subject and expiry", () =>
    Effect.gen(function* () {
      const auth = yield* Auth
      yield* auth.token("me")
      expect(yield* auth.validate).toEqual({ valid: true, subject: "me", expiresAt: 86_400 })
      expect((yield* requests).at(-1)).toMatchObject({ method: "GET", path: "/auth/validate" })
    }).pipe(over())
  )

  it.effect("is Unauthorized for an API token, which the server does not validate", () =>
    Effect.gen(function* () {
      expect(yield* Effect.flip((yield* Auth).validate)).toMatchObject({ _tag: "Unauthorized", status: 401 })
    }).pipe(over())
  )

  it.effect("is Unauthorized once the token has expired", () =>
    Effect.gen(function* () {
      const auth = yield* Auth
      yield* auth.token("me")
      yield* TestClock.adjust("25 hours")
      expect(yield* Effect.flip(auth.validate)).toMatchObject({
        _tag: "Unauthorized",
        detail: "invalid or expired token"
      })
    }).pipe(over())
  )
})

describe("revoking a token", () => {
  it.effect("makes the server refuse it, and forgets it here", () =>
    Effect.gen(function* () {
      const auth = yield* Auth
      const { accessToken } = yield* auth.token("me")
      yield* auth.logout
      expect((yield* requests).at(-1)).toMatchObject({ method: "POST", path: "/auth/logout" })
      expect(yield* Effect.flip(call)).toMatchObject({ detail: "missing authorization header" })
      expect(yield* Effect.flip(auth.refresh())).toMatchObject({ _tag: "InvalidRequest" })
      yield* auth.setToken(accessToken)
      expect(yield* Effect.flip(call)).toMatchObject({ _tag: "Unauthorized", detail: "token revoked" })
    }).pipe(over())
  )

  it.effect("is Unavailable, and keeps the token, when the server cannot store the revocation", () =>
    Effect.gen(function* () {
      const auth = yield* Auth
      const { accessToken } = yield* auth.token("me")
      const body = '{"error":"token blacklist unavailable"}'
      yield* inject({ path: "/auth/logout", fault: Fault.status(503, { body, contentType: "application/json" }) })
      expect(yield* Effect.flip(auth.logout)).toMatchObject({
        _tag: "Unavailable",
        detail: "token blacklist unavailable"
      })
      yield* call
      expect((yield* bearers).at(-1)).toBe(bearer(accessToken))
    }).pipe(over())
  )
})

describe("setting a token", () => {
  it.effect("uses it from then on, and sends nothing", () =>
    Effect.gen(function* () {
      const auth = yield* Auth
      yield* auth.setToken(Redacted.make("wrong"))
      expect(yield* requests).toEqual([])
      expect(yield* Effect.flip(call)).toMatchObject({ _tag: "Unauthorized", detail: "invalid or expired token" })
      yield* auth.setToken(Redacted.make(apiToken))
      yield* call
      expect(yield* bearers).toEqual([bearer("wrong"), bearer(apiToken)])
    }).pipe(over())
  )

  it.effect("forgets the previous refresh token", () =>
    Effect.gen(function* () {
      const auth = yield* Auth
      yield* auth.token("me")
      yield* auth.setToken(Redacted.make(apiToken))
      expect(yield* Effect.flip(auth.refresh())).toMatchObject({ _tag: "InvalidRequest", field: "refreshToken" })
    }).pipe(over())
  )

  for (const [what, token] of [
    ["with a line break", "canary\n"],
    ["with a carriage return", "canary\rX-Evil: 1"],
    ["with a space", "canary token"],
    ["with a NUL", "canary\0"],
    ["that is empty", ""],
    ["beyond ASCII", "canaryé"],
    ["with an emoji", "canary😀"]
  ] as const) {
    it.effect(`refuses one ${what}, does not show it, and keeps the previous one`, () =>
      Effect.gen(function* () {
        const failure = yield* Effect.flip((yield* Auth).setToken(Redacted.make(token)))
        expect(failure).toMatchObject({ _tag: "InvalidRequest", operation: "Auth.setToken", field: "token" })
        expect(`${inspect(failure, { depth: 10 })} ${JSON.stringify(failure)}`).not.toContain("canary")
        expect(yield* requests).toEqual([])
        yield* call
        expect(yield* bearers).toEqual([bearer(apiToken)])
      }).pipe(over())
    )
  }

  it.effect("can be undone, so that no token is sent", () =>
    Effect.gen(function* () {
      yield* (yield* Auth).clearToken
      expect(yield* Effect.flip(call)).toMatchObject({ detail: "missing authorization header" })
    }).pipe(over())
  )
})
