import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { EmbeddedStromboli, routes } from "effect-sandboxes/embedded/stromboli"
import { at, del, get, post, server } from "./support.js"

describe("the HTTP surface", () => {
  it.effect("gives every response a request id of 16 hex digits", () =>
    Effect.gen(function* () {
      for (const path of ["/health", "/nothing", "/jobs/none"]) {
        expect((yield* get(path)).headers["x-request-id"]).toMatch(/^[0-9a-f]{16}$/)
      }
    }).pipe(Effect.provide(server()))
  )

  it.effect("gives none to what does not reach its middleware: redirects, broken escapes, too many headers", () =>
    Effect.gen(function* () {
      const answers = [
        yield* get("/jobs/", { "x-request-id": "mine" }),
        yield* post("/run/"),
        yield* get("/jobs/%zz"),
        yield* get(`/run/stream?prompt=${"a".repeat(1_100_000)}`)
      ]
      expect(answers.map(({ headers, status }) => [status, headers["x-request-id"]])).toEqual([
        [301, undefined],
        [307, undefined],
        [400, undefined],
        [431, undefined]
      ])
      expect((yield* get("/jobs/?a=1&b=2")).text).toBe('<a href="/jobs?a=1&amp;b=2">Moved Permanently</a>.\n\n')
    }).pipe(Effect.provide(server()))
  )

  it.effect.each(["prompt=a%2", "prompt=a;b=c"])("drops a parameter that Go cannot read: %s", (query) =>
    Effect.gen(function* () {
      const answer = yield* get(`/run/stream?${query}`)
      expect([answer.status, answer.text]).toEqual([400, "Missing required parameter: prompt"])
    }).pipe(Effect.provide(server()))
  )

  it.effect("reads a byte order mark as a character", () =>
    Effect.gen(function* () {
      const answer = yield* post("/run", '\ufeff{"prompt":"x"}')
      expect([answer.status, answer.json]).toEqual([
        400,
        {
          id: "",
          status: "error",
          error: "Invalid request: invalid character 'ï' looking for beginning of value"
        }
      ])
    }).pipe(Effect.provide(server()))
  )

  it.effect("echoes the given request id", () =>
    Effect.gen(function* () {
      expect((yield* get("/health", { "x-request-id": "mine" })).headers["x-request-id"]).toBe("mine")
    }).pipe(Effect.provide(server()))
  )

  it.effect("dates its responses by the clock", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2026, 0, 2, 3, 4, 5))
      expect((yield* get("/health")).headers["date"]).toBe("Fri, 02 Jan 2026 03:04:05 GMT")
    }).pipe(Effect.provide(server()))
  )

  it.effect("responds to an unknown route in plain text", () =>
    Effect.gen(function* () {
      const answer = yield* get("/version")
      expect(answer.status).toBe(404)
      expect(answer.text).toBe("404 page not found")
      expect(answer.headers["content-type"]).toBe("text/plain")
    }).pipe(Effect.provide(server()))
  )

  it.effect("does not distinguish a wrong method from an unknown route", () =>
    Effect.gen(function* () {
      expect((yield* post("/auth/validate")).text).toBe("404 page not found")
      expect((yield* del("/health")).text).toBe("404 page not found")
      expect((yield* get("/metrics")).status).toBe(404)
    }).pipe(Effect.provide(server()))
  )

  it.effect("redirects a trailing slash, with 301 for GET and 307 for the rest", () =>
    Effect.gen(function* () {
      const moved = yield* get("/jobs/?a=1")
      expect([moved.status, moved.headers["location"]]).toEqual([301, "/jobs?a=1"])
      const temporary = yield* post("/run/")
      expect([temporary.status, temporary.headers["location"]]).toEqual([307, "/run"])
      expect((yield* get("/nothing/")).status).toBe(404)
    }).pipe(Effect.provide(server()))
  )

  it.effect("treats an encoded slash as a separator", () =>
    Effect.gen(function* () {
      expect((yield* get("/images/library%2Fpython")).text).toBe("404 page not found")
      expect((yield* get("/sessions%2Fnone/messages")).json).toEqual({ error: "session history not found: none" })
    }).pipe(Effect.provide(server()))
  )

  it.effect("decodes everything else in a path", () =>
    Effect.gen(function* () {
      expect((yield* get("/sessions/a%20b%3Fc/messages")).json).toEqual({ error: "session history not found: a b?c" })
    }).pipe(Effect.provide(server()))
  )

  it.effect("prefers a literal segment to a parameter", () =>
    Effect.gen(function* () {
      expect((yield* get("/images/search")).json).toEqual({ error: "query parameter 'q' is required" })
    }).pipe(Effect.provide(server()))
  )

  it.effect("refuses a path with a broken escape before routing it", () =>
    Effect.gen(function* () {
      expect((yield* get("/jobs/%zz")).status).toBe(400)
    }).pipe(Effect.provide(server()))
  )

  it.effect("refuses more than a mebibyte of headers with 431", () =>
    Effect.gen(function* () {
      const answer = yield* get(`/run/stream?prompt=${"a".repeat(1_100_000)}`)
      expect(answer.status).toBe(431)
      expect(answer.headers["content-type"]).toContain("text/plain")
    }).pipe(Effect.provide(server()))
  )

  it.effect("sends no CORS headers", () =>
    Effect.gen(function* () {
      const { headers } = yield* get("/health", { origin: "https://example.com" })
      expect(Object.keys(headers).filter((name) => name.startsWith("access-control"))).toEqual([])
    }).pipe(Effect.provide(server()))
  )

  it.effect("reads JSON whatever the content type says", () =>
    Effect.gen(function* () {
      const answer = yield* post("/run", { prompt: "count to 2" }, { "content-type": "text/csv" })
      expect(answer.status).toBe(200)
    }).pipe(Effect.provide(server()))
  )

  it.effect("has no agents in api 0.4", () =>
    Effect.gen(function* () {
      expect((yield* get("/agents")).text).toBe("404 page not found")
    }).pipe(Effect.provide(server({ api: "0.4" })))
  )

  it.effect("handles every route that it declares", () =>
    Effect.gen(function* () {
      for (const { method, path } of routes) {
        const concrete = path.replaceAll(/\{\w+\}/g, "none")
        const answer =
          method === "GET" ? yield* get(concrete) : method === "POST" ? yield* post(concrete) : yield* del(concrete)
        expect([method, path, answer.text === "404 page not found"]).toEqual([method, path, false])
      }
    }).pipe(Effect.provide(server()))
  )

  it.effect("remembers the requests it received", () =>
    Effect.gen(function* () {
      yield* post("/run?a=b%20c&d", { prompt: "hi" }, { authorization: "Bearer x" })
      const embedded = yield* EmbeddedStromboli
      const [request] = yield* embedded.requests
      expect(request).toMatchObject({
        method: "POST",
        path: "/run",
        query: { a: "b c", d: "" },
        body: '{"prompt":"hi"}',
        bodyLength: 15
      })
      expect(at(request, "headers", "authorization")).toBe("Bearer x")
      yield* embedded.clearRequests
      expect(yield* embedded.requests).toEqual([])
    }).pipe(Effect.provide(server()))
  )

  it.effect("remembers only the last thousand requests, and the beginning of a long body", () =>
    Effect.gen(function* () {
      yield* post("/run", "x".repeat(100_000))
      const embedded = yield* EmbeddedStromboli
      const [long] = yield* embedded.requests
      expect([long?.body.length, long?.bodyLength]).toEqual([65_536, 100_000])
      yield* Effect.replicateEffect(get("/health"), 1_005)
      expect((yield* embedded.requests).length).toBe(1_000)
    }).pipe(Effect.provide(server()))
  )
})
