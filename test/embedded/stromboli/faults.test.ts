import * as HttpClientError from "@effect/platform/HttpClientError"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { EmbeddedStromboli, Fault, type Injection, Script } from "effect-sandboxes/embedded/stromboli"
import { at, get, open, post, server, session } from "./support.js"

const inject = (injection: Injection) => Effect.flatMap(EmbeddedStromboli, ({ faults }) => faults.inject(injection))
const strike = (fault: Fault.Fault) => inject({ fault })

/** The parts of a client error that describe what happened to the connection. */
const connectionOf = (error: unknown) => {
  const cause = HttpClientError.isHttpClientError(error) ? error.cause : undefined
  return [at(error, "_tag"), at(error, "reason"), at(cause, "code"), at(cause, "syscall")]
}

const failureOf = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.map(Effect.flip(effect), connectionOf)

const events = server({}, () => Script.says("one", "two"))

describe("a fault", () => {
  it.effect("applies to the requests it is meant for, once by default", () =>
    Effect.gen(function* () {
      yield* inject({ method: "GET", path: "/jobs/{id}", fault: Fault.status(502) })
      expect((yield* get("/health")).status).toBe(200)
      expect((yield* get("/jobs/none")).status).toBe(502)
      expect((yield* get("/jobs/none")).status).toBe(404)
    }).pipe(Effect.provide(server()))
  )

  it.effect("can be limited to a path, skip requests and apply several times", () =>
    Effect.gen(function* () {
      yield* inject({ path: "/jobs/a", skip: 1, times: 2, fault: Fault.status(500) })
      expect((yield* get("/jobs/b")).status).toBe(404)
      const statuses = yield* Effect.replicateEffect(get("/jobs/a"), 4)
      expect(statuses.map(({ status }) => status)).toEqual([404, 500, 500, 404])
    }).pipe(Effect.provide(server()))
  )

  it.effect("is pending until it has been applied, and can be removed", () =>
    Effect.gen(function* () {
      const { faults } = yield* EmbeddedStromboli
      yield* inject({ fault: Fault.status(500), times: 2 })
      yield* get("/health")
      expect(yield* faults.pending).toMatchObject([{ times: 1 }])
      yield* faults.clear
      expect(yield* faults.pending).toEqual([])
      expect((yield* get("/health")).status).toBe(200)
    }).pipe(Effect.provide(server()))
  )

  it.effect("can be any response", () =>
    Effect.gen(function* () {
      yield* strike(
        Fault.status(429, { headers: { "retry-after": "7" }, body: "slow down", contentType: "text/plain" })
      )
      const limited = yield* get("/health")
      expect([limited.status, limited.text, limited.headers["retry-after"]]).toEqual([429, "slow down", "7"])
      yield* strike(Fault.status(502))
      const empty = yield* get("/health")
      expect([empty.status, empty.text]).toEqual([502, ""])
      yield* strike(Fault.status(200, { body: "<html>login</html>", contentType: "text/html" }))
      expect((yield* get("/health")).headers["content-type"]).toBe("text/html")
    }).pipe(Effect.provide(server()))
  )

  it.effect("does not call the handler when it responds itself", () =>
    Effect.gen(function* () {
      yield* strike(Fault.status(503))
      yield* post("/run", { prompt: "x", claude: { session_id: session } })
      expect((yield* get("/sessions")).json).toEqual({ sessions: [] })
    }).pipe(Effect.provide(server()))
  )

  it.effect("can refuse the connection before the server sees the request", () =>
    Effect.gen(function* () {
      yield* strike(Fault.refuseConnection)
      expect(yield* failureOf(get("/health"))).toEqual(["RequestError", "Transport", "ECONNREFUSED", "connect"])
      expect(yield* Effect.flatMap(EmbeddedStromboli, ({ requests }) => requests)).toEqual([])
    }).pipe(Effect.provide(server()))
  )

  it.effect("can drop the connection after the handler has run", () =>
    Effect.gen(function* () {
      yield* strike(Fault.resetAfterRequest)
      expect(yield* failureOf(post("/run", { prompt: "x", claude: { session_id: session } }))).toEqual([
        "RequestError",
        "Transport",
        "ECONNRESET",
        "read"
      ])
      expect(at((yield* get(`/sessions/${session}/messages`)).json, "total")).toBe(2)
    }).pipe(Effect.provide(server({ api: "0.4" })))
  )

  it.effect("can delay the response", () =>
    Effect.gen(function* () {
      yield* strike(Fault.slowFirstByte("5 seconds"))
      const answer = yield* Effect.fork(open("/health"))
      yield* TestClock.adjust("4 seconds")
      expect(answer.unsafePoll()).toBeNull()
      yield* TestClock.adjust("1 second")
      expect((yield* Fiber.join(answer)).status).toBe(200)
    }).pipe(Effect.provide(server()))
  )

  it.effect("can delay it forever", () =>
    Effect.gen(function* () {
      yield* strike(Fault.hang)
      const answer = yield* Effect.fork(get("/health"))
      yield* TestClock.adjust("30 days")
      expect(answer.unsafePoll()).toBeNull()
      yield* Fiber.interrupt(answer)
      expect((yield* get("/health")).status).toBe(200)
    }).pipe(Effect.provide(server()))
  )

  it.effect("can break the connection after a number of bytes", () =>
    Effect.gen(function* () {
      yield* strike(Fault.cutBody(12, "reset"))
      const response = yield* open("/run/stream?prompt=x")
      let text = ""
      const read = response.stream.pipe(
        Stream.decodeText(),
        Stream.runForEach((part) => Effect.sync(() => (text += part)))
      )
      expect(yield* failureOf(read)).toEqual(["ResponseError", "Decode", "ECONNRESET", "read"])
      expect(text).toBe("data: one\n\nd")
    }).pipe(Effect.provide(events))
  )

  it.effect("breaks the connection before the response with zero bytes", () =>
    Effect.gen(function* () {
      yield* strike(Fault.cutBody(0, "reset"))
      expect(yield* failureOf(get("/health"))).toEqual(["RequestError", "Transport", "ECONNRESET", "read"])
    }).pipe(Effect.provide(server()))
  )

  it.effect("can end the body early as if it were complete", () =>
    Effect.gen(function* () {
      yield* strike(Fault.cutBody(12, "clean"))
      const cut = yield* get("/run/stream?prompt=x")
      expect(cut.text).toBe("data: one\n\nd")
      yield* strike(Fault.cutBody(5, "clean"))
      const json = yield* get("/health")
      expect([json.text, json.headers["content-length"]]).toEqual(['{"sta', undefined])
    }).pipe(Effect.provide(events))
  )

  it.effect("can truncate JSON", () =>
    Effect.gen(function* () {
      const { text } = yield* get("/claude/status")
      yield* strike(Fault.truncatedJson)
      expect((yield* get("/claude/status")).text).toBe(text.slice(0, Math.floor(text.length / 2)))
    }).pipe(Effect.provide(server()))
  )

  it.effect("can replace a body and keep the rest of the response", () =>
    Effect.gen(function* () {
      yield* strike(Fault.replaceBody('{"jobs":null}'))
      const replaced = yield* get("/jobs")
      expect([replaced.status, replaced.text, replaced.headers["content-length"]]).toEqual([200, '{"jobs":null}', "13"])
      yield* strike(Fault.replaceBody("<html>", "text/html"))
      expect((yield* get("/jobs")).headers["content-type"]).toBe("text/html")
    }).pipe(Effect.provide(server()))
  )

  it.effect("can pad a body", () =>
    Effect.gen(function* () {
      yield* strike(Fault.oversizedBody(200_000))
      const { json, text } = yield* get("/claude/status")
      expect(text.length).toBeGreaterThan(200_000)
      expect(json).toMatchObject({ configured: true })
    }).pipe(Effect.provide(server()))
  )

  it.effect("can begin an event stream with a very long line", () =>
    Effect.gen(function* () {
      yield* strike(Fault.oversizedLine(100_000))
      const [first, second] = (yield* get("/run/stream?prompt=x")).text.split("\n\n")
      expect([first?.length, second]).toEqual([100_006, "data: one"])
    }).pipe(Effect.provide(events))
  )

  it.effect("can deliver every event twice", () =>
    Effect.gen(function* () {
      yield* strike(Fault.duplicateDelivery)
      expect((yield* get("/run/stream?prompt=x")).text).toMatch(
        /^data: one\n\ndata: one\n\ndata: two\n\ndata: two\n\nevent: done/
      )
    }).pipe(Effect.provide(events))
  )

  it.effect("of event streams does not affect other responses", () =>
    Effect.gen(function* () {
      const { text } = yield* get("/claude/status")
      yield* strike(Fault.duplicateDelivery)
      expect((yield* get("/claude/status")).text).toBe(text)
      expect(Either.isRight(yield* Effect.either(get("/health")))).toBe(true)
    }).pipe(Effect.provide(server()))
  )
})
