import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { Execution } from "../../src/services/stromboli/execution/Execution.js"
import { JobId, Jobs, type StromboliClient } from "../../src/stromboli.js"
import * as Script from "../support/scriptedServer.js"
import { aJob, jobsOver } from "../support/stromboliOver.js"

const getJob = (id = "job-1") => Effect.flatMap(Jobs, (jobs) => jobs.get(JobId.make(id)))

const failureOf = (answer: Script.Answer, options: Partial<StromboliClient.Options> = {}) =>
  getJob().pipe(Effect.flip, Effect.provide(jobsOver(Script.scripted(answer).layer, { retry: false, ...options })))

const runFailureOf = (answer: Script.Answer) =>
  Effect.flatMap(Execution, (execution) => execution.run({ prompt: "hi" })).pipe(
    Effect.flip,
    Effect.provide(Execution.layer),
    Effect.provide(jobsOver(Script.scripted(answer).layer, { retry: false }))
  )

describe("a failed request", () => {
  for (const [status, tag, code] of [
    [400, "BadRequest", "BAD_REQUEST"],
    [401, "Unauthorized", "UNAUTHORIZED"],
    [403, "Forbidden", "FORBIDDEN"],
    [404, "NotFound", "NOT_FOUND"],
    [408, "Timeout", "TIMEOUT"],
    [409, "UnexpectedStatus", "REQUEST_FAILED"],
    [418, "UnexpectedStatus", "REQUEST_FAILED"],
    [429, "RateLimited", "RATE_LIMITED"],
    [500, "ServerError", "INTERNAL"],
    [502, "ServerError", "INTERNAL"],
    [503, "Unavailable", "UNAVAILABLE"],
    [504, "Timeout", "TIMEOUT"],
    [599, "ServerError", "INTERNAL"]
  ] as const) {
    it.effect(`with ${status} is ${tag}, and keeps status, words, path and request id`, () =>
      Effect.gen(function* () {
        const failure = yield* failureOf(Script.error(status, "no luck", { "x-request-id": "ignored" }))
        expect(failure).toMatchObject({
          _tag: tag,
          code,
          status,
          detail: "no luck",
          system: "stromboli",
          operation: "Jobs.get",
          method: "GET",
          path: "/jobs/job-1",
          attempts: 1
        })
        expect(failure.message).toContain("no luck")
      })
    )
  }

  it.effect("carries the request id that went out with it, so that it can be found in the server's log", () => {
    const server = Script.scripted(Script.error(500, "boom"))
    return Effect.gen(function* () {
      const failure = yield* Effect.flip(getJob())
      expect(failure).toMatchObject({ requestId: server.asked[0]?.headers["x-request-id"] })
      expect(server.asked[0]?.headers["x-request-id"]).toMatch(/^[0-9a-f]{16}$/)
    }).pipe(Effect.provide(jobsOver(server.layer, { retry: false })))
  })

  for (const [shape, body, detail] of [
    ["a run response", { id: "", status: "error", error: "job not found" }, "job not found"],
    ["an error object", { error: "invalid or expired token" }, "invalid or expired token"],
    ["a failed success", { success: false, name: "x", error: "secret already exists" }, "secret already exists"],
    ["a list with an error", { sessions: null, error: "cannot read" }, "cannot read"]
  ] as const) {
    it.effect(`is understood when worded as ${shape}`, () =>
      Effect.map(failureOf(Script.json(body, 500)), (failure) => expect(failure).toMatchObject({ detail }))
    )
  }

  it.effect("is understood when worded as plain text", () =>
    Effect.map(failureOf({ status: 400, body: " Missing required parameter: prompt\n" }), (failure) =>
      expect(failure).toMatchObject({ _tag: "BadRequest", detail: "Missing required parameter: prompt" })
    )
  )

  it.effect("with an empty 500 still tells what was tried", () =>
    Effect.map(failureOf({ status: 500 }), (failure) => {
      expect(failure._tag).toBe("ServerError")
      expect(failure).not.toHaveProperty("detail")
      expect(failure.message).toContain("GET /jobs/job-1")
    })
  )

  it.effect("with a proxy's page shows its title, not its markup", () =>
    Effect.map(
      failureOf({
        status: 502,
        headers: { "content-type": "text/html" },
        body: "<html><title>Bad gateway</title><body>…"
      }),
      (failure) => {
        expect(failure.message).toContain("Bad gateway")
        expect(failure.message).not.toContain("<body>")
      }
    )
  )

  it.effect("with the text of a missing route is not NotFound: it is the address or the server that is wrong", () =>
    Effect.map(failureOf({ status: 404, body: "404 page not found" }), (failure) => {
      expect(failure).toMatchObject({ _tag: "UnexpectedStatus", status: 404 })
      expect(failure.message).toContain("baseUrl")
    })
  )

  it.effect("that redirects is not followed, and says where to", () =>
    Effect.map(failureOf({ status: 301, headers: { location: "https://elsewhere.test/" } }), (failure) => {
      expect(failure).toMatchObject({ _tag: "UnexpectedStatus", status: 301 })
      expect(failure.message).toContain("https://elsewhere.test/")
    })
  )

  it.effect("keeps no more than 2,000 characters of the server's words", () =>
    Effect.map(failureOf(Script.error(500, "x".repeat(100_000))), (failure) => {
      expect("detail" in failure && failure.detail?.length).toBeLessThanOrEqual(2001)
      expect(failure.message.length).toBeLessThan(1000)
    })
  )
})

describe("an unreadable success", () => {
  const cases: ReadonlyArray<readonly [string, Script.Answer, object]> = [
    [
      "a proxy's page",
      { status: 200, headers: { "content-type": "text/html" }, body: "<!doctype html>…" },
      { admitted: "unknown" }
    ],
    ["an empty body", { status: 200 }, { admitted: "unknown" }],
    [
      "truncated JSON",
      { status: 200, headers: { "content-type": "application/json" }, body: '{"id":"job-' },
      { admitted: "yes", excerpt: '{"id":"job-' }
    ],
    ["a wrong type", Script.json({ ...aJob, status: 7 }), { field: "status", admitted: "yes" }],
    ["a missing field", Script.json({ ...aJob, status: undefined }), { field: "status" }],
    ["null", Script.json(null), {}],
    ["a list where an object was due", Script.json([]), {}]
  ]
  for (const [what, answer, expected] of cases) {
    it.effect(`is InvalidResponse for ${what}`, () =>
      Effect.map(failureOf(answer), (failure) =>
        expect(failure).toMatchObject({ _tag: "InvalidResponse", code: "INVALID_RESPONSE", status: 200, ...expected })
      )
    )
  }

  it.effect("is refused above `maxResponseSize`, without reading it to its end", () => {
    let sent = 0
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        sent += 1024 * 1024
        controller.enqueue(new Uint8Array(1024 * 1024).fill(32))
      }
    })
    return Effect.map(
      failureOf(
        { status: 200, headers: { "content-type": "application/json" }, body: endless },
        { maxResponseSize: 10 * 1024 * 1024 }
      ),
      (failure) => {
        expect(failure).toMatchObject({ _tag: "InvalidResponse" })
        expect(failure.message).toContain("larger than")
        expect(sent).toBeLessThan(14 * 1024 * 1024)
      }
    )
  })

  it.effect("quotes no more than 500 characters", () =>
    Effect.map(failureOf({ status: 200, body: `"${"x".repeat(10_000)}` }), (failure) =>
      expect("excerpt" in failure && failure.excerpt?.length).toBeLessThanOrEqual(501)
    )
  )

  it.effect("does not show what it read in the message: it may be a secret", () =>
    Effect.map(failureOf(Script.json({ ...aJob, id: 7, updated_at: { token: "s3cret" } })), (failure) =>
      expect(failure.message).not.toContain("s3cret")
    )
  )
})

describe("whether the server started the work", () => {
  const cases: ReadonlyArray<readonly [string, Script.Answer, "no" | "yes" | "unknown"]> = [
    ["refused connection", Script.refused, "no"],
    ["unknown host", { fails: { code: "ENOTFOUND", syscall: "getaddrinfo" } }, "no"],
    ["reset after the request was sent", Script.reset, "unknown"],
    ["400", Script.error(400, "bad"), "no"],
    ["401", Script.error(401, "who?"), "no"],
    ["429", Script.error(429, "rate limit exceeded"), "no"],
    ["500", Script.error(500, "execution failed: exit status 1"), "unknown"],
    ["500 that says it has not begun", Script.error(500, "session initialization in progress"), "no"],
    ["503 of the server itself", { status: 503, body: "Claude not configured. Run 'make claude-setup' first" }, "no"],
    ["503 of a proxy", { status: 503 }, "unknown"],
    ["504", { status: 504 }, "unknown"],
    ["200 with truncated JSON", { status: 200, headers: { "content-type": "application/json" }, body: "{" }, "yes"]
  ]
  for (const [what, answer, admitted] of cases) {
    it.effect(`is "${admitted}" after ${what}`, () =>
      Effect.map(runFailureOf(answer), (failure) => expect(failure.admitted).toBe(admitted))
    )
  }
})

describe("a secret", () => {
  const token = "tok-s3cret-canary"
  for (const [what, answer] of [
    ["a server that echoes the token", Script.error(401, `invalid token ${token}`)],
    ["a page that echoes it", { status: 200, body: `not json ${token}` }],
    ["a transport that quotes the header", { fails: { message: `invalid header value "Bearer ${token}"` } }]
  ] as const) {
    it.effect(`does not get into the error of ${what}`, () =>
      Effect.map(failureOf(answer, { token: Redacted.make(token) }), (failure) => {
        expect(JSON.stringify(failure)).not.toContain(token)
        expect(String(failure)).not.toContain(token)
      })
    )
  }
})
