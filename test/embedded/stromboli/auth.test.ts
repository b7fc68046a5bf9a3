import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import { decodeJwt, SignJWT } from "jose"
import { at, get, post, server, textAt } from "./support.js"

const jwtSecret = "a secret that is longer than 32 characters"
const guarded = server({ auth: { tokens: [Redacted.make("api-token"), "other"], jwtSecret: Redacted.make(jwtSecret) } })
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const login = post("/auth/token", { client_id: "me" }, bearer("api-token"))

describe("authorization", () => {
  it.effect("is not required by default", () =>
    Effect.gen(function* () {
      expect((yield* get("/jobs")).status).toBe(200)
      expect((yield* post("/auth/token", { client_id: "me" })).json).toEqual({
        error: "JWT authentication not configured"
      })
    }).pipe(Effect.provide(server()))
  )

  it.effect.each<[string, Record<string, string>, string]>([
    ["no header", {}, "missing authorization header"],
    ["another scheme", { authorization: "Basic x" }, "invalid authorization header format"],
    ["no scheme", { authorization: "api-token" }, "invalid authorization header format"],
    ["an unknown token", bearer("wrong"), "invalid or expired token"]
  ])("refuses %s with 401 in family B", ([, headers, error]) =>
    Effect.gen(function* () {
      const answer = yield* get("/jobs", headers)
      expect([answer.status, answer.json]).toEqual([401, { error }])
      expect(answer.headers["www-authenticate"]).toBeUndefined()
    }).pipe(Effect.provide(guarded))
  )

  it.effect("accepts an API token, whatever the case of the scheme", () =>
    Effect.gen(function* () {
      expect((yield* get("/jobs", { authorization: "bEaReR other" })).status).toBe(200)
    }).pipe(Effect.provide(guarded))
  )

  it.effect("leaves public routes and unknown ones open", () =>
    Effect.gen(function* () {
      expect((yield* get("/health")).status).toBe(200)
      expect((yield* get("/nothing")).status).toBe(404)
    }).pipe(Effect.provide(guarded))
  )

  it.effect("comes before the body", () =>
    Effect.gen(function* () {
      expect((yield* post("/run", "")).status).toBe(401)
    }).pipe(Effect.provide(guarded))
  )
})

describe("tokens", () => {
  it.effect("are issued in pairs to a client with a credential", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2026, 0, 1))
      const { json, status } = yield* login
      expect(status).toBe(200)
      expect(json).toMatchObject({ token_type: "bearer", expires_in: 86_400 })
      const access = decodeJwt(textAt(json, "access_token"))
      const refresh = decodeJwt(textAt(json, "refresh_token"))
      const now = Date.UTC(2026, 0, 1) / 1_000
      expect(access).toEqual({ sub: "me", iat: now, exp: now + 86_400, jti: expect.stringMatching(/^[0-9a-f-]{36}$/) })
      expect(refresh).toMatchObject({ is_refresh: true, exp: now + 604_800 })
      expect((yield* get("/jobs", bearer(textAt(json, "access_token")))).status).toBe(200)
      expect((yield* post("/auth/token", { client_id: "me" })).status).toBe(401)
    }).pipe(Effect.provide(guarded))
  )

  it.effect("need a client id", () =>
    Effect.gen(function* () {
      const answer = yield* post("/auth/token", {}, bearer("api-token"))
      expect([answer.status, answer.json]).toEqual([
        400,
        {
          error:
            "invalid request: Key: 'TokenRequest.ClientID' Error:Field validation for 'ClientID' failed on the 'required' tag"
        }
      ])
    }).pipe(Effect.provide(guarded))
  )

  it.effect("expire by the clock", () =>
    Effect.gen(function* () {
      const access = bearer(textAt((yield* login).json, "access_token"))
      yield* TestClock.adjust("23 hours")
      expect((yield* get("/jobs", access)).status).toBe(200)
      yield* TestClock.adjust("1 hour")
      expect((yield* get("/jobs", access)).json).toEqual({ error: "invalid or expired token" })
    }).pipe(Effect.provide(guarded))
  )

  it.effect("are renewed with a refresh token, which stays valid", () =>
    Effect.gen(function* () {
      const refresh_token = textAt((yield* login).json, "refresh_token")
      const renewed = yield* post("/auth/refresh", { refresh_token })
      expect(renewed.status).toBe(200)
      expect((yield* get("/jobs", bearer(textAt(renewed.json, "access_token")))).status).toBe(200)
      expect((yield* post("/auth/refresh", { refresh_token })).status).toBe(200)
      yield* TestClock.adjust("7 days")
      const late = yield* post("/auth/refresh", { refresh_token })
      expect([late.status, late.json]).toEqual([401, { error: "invalid or expired refresh token" }])
    }).pipe(Effect.provide(guarded))
  )

  it.effect("are not interchangeable", () =>
    Effect.gen(function* () {
      const { json } = yield* login
      expect((yield* get("/jobs", bearer(textAt(json, "refresh_token")))).status).toBe(401)
      expect((yield* get("/auth/validate", bearer(textAt(json, "refresh_token")))).status).toBe(401)
      expect((yield* post("/auth/refresh", { refresh_token: textAt(json, "access_token") })).status).toBe(401)
      expect((yield* get("/auth/validate", bearer("api-token"))).status).toBe(401)
    }).pipe(Effect.provide(guarded))
  )

  it.effect("are refused with another algorithm or another key", () =>
    Effect.gen(function* () {
      const forge = (alg: string, key: string) =>
        Effect.promise(() =>
          new SignJWT({ sub: "me" })
            .setProtectedHeader({ alg })
            .setJti("x")
            .setExpirationTime(9_999_999_999)
            .sign(new TextEncoder().encode(key))
        )
      expect((yield* get("/jobs", bearer(yield* forge("HS256", jwtSecret)))).status).toBe(200)
      expect((yield* get("/jobs", bearer(yield* forge("HS512", jwtSecret)))).status).toBe(401)
      expect((yield* get("/jobs", bearer(yield* forge("HS256", "another secret of sufficient length")))).status).toBe(
        401
      )
    }).pipe(Effect.provide(guarded))
  )

  it.effect("contain their subject", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2026, 0, 1))
      const access = bearer(textAt((yield* login).json, "access_token"))
      const { json } = yield* get("/auth/validate", access)
      expect(json).toEqual({ valid: true, subject: "me", expires_at: Date.UTC(2026, 0, 2) / 1_000 })
      expect((yield* get("/auth/validate")).json).toEqual({ error: "missing authorization header" })
    }).pipe(Effect.provide(guarded))
  )

  it.effect("are revoked by logging out", () =>
    Effect.gen(function* () {
      const { json } = yield* login
      const access = bearer(textAt(json, "access_token"))
      expect((yield* post("/auth/logout", "", access)).json).toMatchObject({ success: true })
      const after = yield* get("/jobs", access)
      expect([after.status, after.json]).toEqual([401, { error: "token revoked" }])
      expect((yield* post("/auth/refresh", { refresh_token: textAt(json, "refresh_token") })).status).toBe(200)
    }).pipe(Effect.provide(guarded))
  )

  it.effect("are still valid for /auth/validate once they are revoked", () =>
    Effect.gen(function* () {
      const access = bearer(textAt((yield* login).json, "access_token"))
      expect((yield* post("/auth/logout", "", access)).json).toEqual({ success: true, message: "token invalidated" })
      expect((yield* get("/auth/validate", access)).status).toBe(200)
      expect((yield* get("/jobs", access)).status).toBe(401)
    }).pipe(Effect.provide(guarded))
  )

  it.effect("cannot be revoked without an id", () =>
    Effect.gen(function* () {
      const token = yield* Effect.promise(() =>
        new SignJWT({ sub: "me" })
          .setProtectedHeader({ alg: "HS256" })
          .setExpirationTime(9_999_999_999)
          .sign(new TextEncoder().encode(jwtSecret))
      )
      const answer = yield* post("/auth/logout", "", bearer(token))
      expect([answer.status, answer.json]).toEqual([400, { error: "token does not have a JTI claim" }])
      expect((yield* get("/jobs", bearer(token))).status).toBe(200)
    }).pipe(Effect.provide(guarded))
  )

  it.effect("cannot be revoked without a blacklist", () =>
    Effect.gen(function* () {
      const access = bearer(textAt((yield* post("/auth/token", { client_id: "me" })).json, "access_token"))
      const answer = yield* post("/auth/logout", "", access)
      expect([answer.status, answer.json]).toEqual([503, { error: "token blacklist not configured" }])
      expect((yield* get("/jobs", access)).status).toBe(200)
    }).pipe(Effect.provide(server({ auth: { jwtSecret, required: false, blacklist: false } })))
  )

  it.effect("are issued to everyone when none is required", () =>
    Effect.gen(function* () {
      const { json } = yield* post("/auth/token", { client_id: "me" })
      expect(at(json, "expires_in")).toBe(60)
      expect((yield* get("/jobs")).status).toBe(200)
    }).pipe(Effect.provide(server({ auth: { jwtSecret, required: false, accessTokenLifetime: "1 minute" } })))
  )
})

describe("the rate limit", () => {
  const limited = server({ rateLimit: { perSecond: 1, burst: 2 }, auth: { tokens: ["t"] } })
  const limits = (headers: Readonly<Record<string, string>>) =>
    ["limit", "remaining", "reset"].map((name) => headers[`x-ratelimit-${name}`])

  it.effect("allows a burst and then responds 429 without Retry-After", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(100_500)
      const answers = yield* Effect.replicateEffect(get("/jobs", bearer("t")), 3)
      expect(answers.map(({ headers, status }) => [status, ...limits(headers)])).toEqual([
        [200, "1", "1", "101"],
        [200, "1", "0", "101"],
        [429, "1", "0", "101"]
      ])
      expect(answers[2]?.json).toEqual({ error: "rate limit exceeded" })
      expect(answers[2]?.headers["retry-after"]).toBeUndefined()
      yield* TestClock.adjust("1 second")
      expect((yield* get("/jobs", bearer("t"))).status).toBe(200)
    }).pipe(Effect.provide(limited))
  )

  it.effect("applies before authorization and not to public routes", () =>
    Effect.gen(function* () {
      const statuses = yield* Effect.replicateEffect(get("/jobs"), 3)
      expect(statuses.map(({ status }) => status)).toEqual([401, 401, 429])
      const health = yield* get("/health")
      expect([health.status, health.headers["x-ratelimit-limit"]]).toEqual([200, undefined])
      expect((yield* post("/auth/token", {}, bearer("t"))).status).not.toBe(429)
    }).pipe(Effect.provide(limited))
  )

  it.effect("reports the used requests in api 0.4", () =>
    Effect.gen(function* () {
      const answers = yield* Effect.replicateEffect(get("/jobs"), 2)
      expect(answers.map(({ headers }) => headers["x-ratelimit-remaining"])).toEqual(["1", "2"])
    }).pipe(Effect.provide(server({ api: "0.4", rateLimit: { perSecond: 1, burst: 2 } })))
  )
})
