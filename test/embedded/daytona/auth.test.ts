import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { SignJWT } from "jose"
import { EmbeddedDaytona, Fault, type Options } from "../../../src/embedded/daytona/index.js"
import { at, base, get, post, send, server, verdict } from "./support.js"

const bearer = (token: string, organization?: string) => ({
  authorization: `Bearer ${token}`,
  ...(organization === undefined ? {} : { "x-daytona-organization-id": organization })
})

const secret = "a secret of thirty-two characters"
const jwt = (subject: string, key = secret) =>
  Effect.promise(() =>
    new SignJWT({})
      .setProtectedHeader({ alg: "HS256" })
      .setSubject(subject)
      .setExpirationTime(3_600)
      .sign(new TextEncoder().encode(key))
  )

const guarded: Options = {
  organizations: [{ id: "one" }, { id: "two" }],
  auth: {
    apiKeys: [
      "good",
      { key: "other", organizationId: "two" },
      { key: "reader", permissions: [] },
      { key: "pusher", permissions: ["write:snapshots"] },
      { key: "old", expiresAt: 1_000 }
    ],
    jwt: { secret, members: { ann: ["one"] } }
  }
}

describe("an API key", () => {
  it.effect("grants access to its own organization, whatever the header says", () =>
    Effect.gen(function* () {
      const mine = yield* post("/sandbox", {}, bearer("good", "two"))
      expect([mine.status, at(mine.json, "organizationId")]).toEqual([200, "one"])
      const theirs = yield* post("/sandbox", {}, bearer("other"))
      expect(at(theirs.json, "organizationId")).toBe("two")
    }).pipe(Effect.provide(server(guarded)))
  )

  it.effect("is required, known and not expired, except for the configuration", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("1 second")
      const attempts = [{}, { authorization: "good" }, bearer("bad"), bearer("old")]
      const answers = yield* Effect.forEach(attempts, (headers) => Effect.map(get("/sandbox", headers), verdict))
      expect(answers).toEqual(attempts.map(() => [401, "Invalid credentials"]))
      expect((yield* get("/config")).status).toBe(200)
    }).pipe(Effect.provide(server(guarded)))
  )

  it.effect("can be limited to few permissions", () =>
    Effect.gen(function* () {
      expect((yield* get("/sandbox", bearer("reader"))).status).toBe(200)
      expect((yield* get("/snapshots", bearer("reader"))).status).toBe(200)
      expect(verdict(yield* get("/volumes", bearer("reader")))).toEqual([403, "Access denied"])
      expect(verdict(yield* post("/sandbox", {}, bearer("reader")))).toEqual([403, "Access denied"])
      expect((yield* get("/object-storage/push-access", bearer("reader"))).status).toBe(403)
      expect((yield* get("/object-storage/push-access", bearer("pusher"))).status).toBe(200)
    }).pipe(Effect.provide(server(guarded)))
  )
})

describe("a JSON Web Token", () => {
  it.effect("needs an organization that its subject belongs to", () =>
    Effect.gen(function* () {
      const token = yield* jwt("ann")
      const mine = yield* post("/sandbox", {}, bearer(token, "one"))
      expect(at(mine.json, "organizationId")).toBe("one")
      const foreign = [403, "Invalid authentication context"]
      expect(verdict(yield* get("/sandbox", bearer(token)))).toEqual(foreign)
      expect(verdict(yield* get("/sandbox", bearer(token, "two")))).toEqual(foreign)
      expect(verdict(yield* get("/sandbox", bearer(yield* jwt("bob"), "one")))).toEqual(foreign)
    }).pipe(Effect.provide(server(guarded)))
  )

  it.effect("is refused with another signature or after its expiry", () =>
    Effect.gen(function* () {
      const forged = yield* jwt("ann", "another secret of the same length")
      expect(verdict(yield* get("/sandbox", bearer(forged, "one")))).toEqual([401, "Invalid credentials"])
      const token = yield* jwt("ann")
      yield* TestClock.adjust("2 hours")
      expect((yield* get("/sandbox", bearer(token, "one"))).status).toBe(401)
    }).pipe(Effect.provide(server(guarded)))
  )
})

describe("an error", () => {
  it.effect("has the body of the API", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("1 second")
      const answer = yield* get("/sandbox/a%2Fb")
      expect(answer.json).toEqual({
        path: "/api/sandbox/a%2Fb",
        timestamp: "1970-01-01T00:00:01.000Z",
        statusCode: 404,
        error: "Not Found",
        message: "Sandbox with ID or name a/b not found"
      })
      expect(answer.headers["x-daytona-api-version"]).toBe("0.218.0")
    }).pipe(Effect.provide(server()))
  )

  it.effect("for an unknown route is JSON below /api and a page with 200 elsewhere", () =>
    Effect.gen(function* () {
      expect(verdict(yield* get("/nothing"))).toEqual([404, "Cannot GET /api/nothing"])
      const page = yield* send(HttpClientRequest.get(`${base}/sandbox`))
      expect([page.status, page.headers["content-type"], page.text.slice(0, 15)]).toEqual([
        200,
        "text/html; charset=UTF-8",
        "<!doctype html>"
      ])
    }).pipe(Effect.provide(server()))
  )

  it.effect("reports maintenance, whatever the path", () =>
    Effect.gen(function* () {
      for (const path of ["/sandbox", "/config", "/health"]) {
        expect(verdict(yield* get(path))).toEqual([
          503,
          "Service is currently under maintenance. Please try again later."
        ])
      }
    }).pipe(Effect.provide(server({ available: false })))
  )

  it.effect("can be injected, by the path below /api", () =>
    Effect.gen(function* () {
      const { faults, requests } = yield* EmbeddedDaytona
      yield* faults.inject({ path: "/sandbox/{idOrName}", fault: Fault.status(502, { body: "" }) })
      yield* faults.inject({ method: "POST", path: "/sandbox", fault: Fault.resetAfterRequest })
      expect((yield* get("/sandbox/box")).status).toBe(502)
      const lost = yield* Effect.flip(post("/sandbox", { name: "box" }))
      expect(lost._tag).toBe("RequestError")
      expect((yield* get("/sandbox/box")).status).toBe(200)
      expect((yield* requests).map(({ method, path }) => `${method} ${path}`)).toEqual([
        "GET /api/sandbox/box",
        "POST /api/sandbox",
        "GET /api/sandbox/box"
      ])
    }).pipe(Effect.provide(server()))
  )
})

describe("rate limits", () => {
  it.effect("count by throttler and organization, and report what is left", () =>
    Effect.gen(function* () {
      const first = yield* post("/sandbox", {})
      expect(first.headers).toMatchObject({
        "x-ratelimit-limit-sandbox-create": "1",
        "x-ratelimit-remaining-sandbox-create": "0",
        "x-ratelimit-reset-sandbox-create": "60"
      })
      yield* TestClock.adjust("20 seconds")
      const second = yield* post("/sandbox", {})
      expect(second.json).toMatchObject({
        statusCode: 429,
        error: "Too Many Requests",
        message: "ThrottlerException: Too Many Requests"
      })
      // As long as a whole window, of which 20 seconds have passed.
      expect(second.headers["retry-after-sandbox-create"]).toBe("60")
      expect(second.headers["retry-after"]).toBeUndefined()
      expect((yield* post("/sandbox", {}, { "x-daytona-organization-id": "two" })).status).toBe(200)
      expect((yield* get("/regions")).headers["x-ratelimit-remaining-authenticated"]).toBe("9")
      yield* TestClock.adjust("40 seconds")
      expect((yield* post("/sandbox", {})).headers["retry-after-sandbox-create"]).toBe("20")
      yield* TestClock.adjust("20 seconds")
      expect((yield* post("/sandbox", {})).status).toBe(200)
    }).pipe(
      Effect.provide(
        server({
          organizations: [{ id: "one" }, { id: "two" }],
          rateLimits: { "sandbox-create": { limit: 1, ttl: 60 }, authenticated: { limit: 10, ttl: 60 } }
        })
      )
    )
  )

  it.effect("of failed logins block the login that reaches them, and everything after it", () =>
    Effect.gen(function* () {
      expect((yield* get("/sandbox", bearer("bad"))).status).toBe(401)
      expect((yield* get("/sandbox", bearer("good"))).status).toBe(200)
      expect((yield* get("/sandbox", bearer("bad"))).status).toBe(429)
      expect((yield* get("/config")).status).toBe(200)
      const blocked = yield* get("/sandbox", bearer("good"))
      expect([blocked.status, blocked.headers["retry-after"], blocked.headers["retry-after-failed-auth"]]).toEqual([
        429,
        "60",
        "60"
      ])
    }).pipe(Effect.provide(server({ ...guarded, rateLimits: { "failed-auth": { limit: 2, ttl: 60 } } })))
  )
})
