import { createHmac } from "node:crypto"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { type Options, Script } from "effect-sandboxes/embedded/stromboli"
import { after, at, del, post, server, session, textAt } from "./support.js"

/** A receiver that responds with the given statuses in turn and records the requests. */
const receiver = (...statuses: ReadonlyArray<number>) => {
  const received: Array<HttpClientRequest.HttpClientRequest> = []
  const client = HttpClient.make((request) =>
    Effect.sync(() => {
      const status = statuses[received.length] ?? 200
      received.push(request)
      return HttpClientResponse.fromWeb(request, new Response("", { status }))
    })
  )
  return { client, received }
}

const bodyOf = (request: HttpClientRequest.HttpClientRequest | undefined): string =>
  request?.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : ""

const serverFor = (webhookClient: HttpClient.HttpClient, output: Script.Output, options: Options = {}) =>
  server({ webhookClient, ...options }, () => output)

const start = (request: object = {}) =>
  post("/run/async", { prompt: "x", webhook_url: "http://receiver.test/hook", ...request })

describe("webhooks", () => {
  it.effect("report the result of a job, with its usage", () =>
    Effect.gen(function* () {
      const { client, received } = receiver()
      yield* Effect.gen(function* () {
        const { json } = yield* start({ claude: { session_id: session } })
        yield* TestClock.adjust(0)
        expect([received.length, received[0]?.method, received[0]?.url]).toEqual([
          1,
          "POST",
          "http://receiver.test/hook"
        ])
        expect(received[0]?.headers).toMatchObject({ "content-type": "application/json" })
        expect(JSON.parse(bodyOf(received[0]))).toEqual({
          job_id: textAt(json, "job_id"),
          status: "completed",
          output: "done",
          session_id: session,
          usage: expect.objectContaining({ total_tokens: 2 })
        })
      }).pipe(Effect.provide(serverFor(client, Script.says("done"))))
    })
  )

  it.effect("report failures and crashes, without their details", () =>
    Effect.gen(function* () {
      const { client, received } = receiver()
      yield* Effect.gen(function* () {
        yield* start({ workdir: "relative" })
        yield* start()
        yield* TestClock.adjust(0)
        const bodies = received.map((request): unknown => JSON.parse(bodyOf(request)))
        expect(Object.keys(bodies[0] ?? {})).toEqual(["job_id", "status", "error"])
        expect(bodies[1]).toMatchObject({ status: "crashed", output: "half" })
        expect(at(bodies[1], "crash_info")).toBeUndefined()
      }).pipe(Effect.provide(serverFor(client, Script.dies("SIGKILL", "half"))))
    })
  )

  it.effect("are signed over timestamp and body when there is a secret", () =>
    Effect.gen(function* () {
      const { client, received } = receiver(500)
      yield* Effect.gen(function* () {
        yield* TestClock.setTime(1_735_726_800_000)
        yield* start()
        yield* TestClock.adjust("100 millis")
        expect(received).toHaveLength(2)
        for (const request of received) {
          const signature = createHmac("sha256", "s")
            .update(`1735726800.${bodyOf(request)}`)
            .digest("hex")
          expect(request.headers["x-stromboli-timestamp"]).toBe("1735726800")
          expect(request.headers["x-stromboli-signature"]).toBe(`sha256=${signature}`)
        }
      }).pipe(Effect.provide(serverFor(client, Script.says("done"), { webhookSecret: "s" })))
    })
  )

  it.effect("are attempted twice, 100 ms apart", () =>
    Effect.gen(function* () {
      const { client, received } = receiver(500, 404)
      yield* Effect.gen(function* () {
        yield* start()
        yield* TestClock.adjust("99 millis")
        expect(received).toHaveLength(1)
        yield* TestClock.adjust("1 millis")
        expect(received).toHaveLength(2)
        yield* TestClock.adjust("1 hour")
        expect(received).toHaveLength(2)
        expect(received[0]?.headers["x-stromboli-signature"]).toBeUndefined()
      }).pipe(Effect.provide(serverFor(client, Script.says("done"))))
    })
  )

  it.effect("carry no header but the type of their body and their signature", () =>
    Effect.gen(function* () {
      const { client, received } = receiver()
      yield* Effect.gen(function* () {
        yield* Effect.withSpan(start(), "a traced request")
        yield* TestClock.adjust(0)
        const names = Object.keys(received[0]?.headers ?? {}).filter((name) => name !== "content-length")
        expect(names.sort()).toEqual(["content-type", "x-stromboli-signature", "x-stromboli-timestamp"])
      }).pipe(Effect.provide(serverFor(client, Script.says("done"), { webhookSecret: "s" })))
    })
  )

  it.effect.each([
    [301, "GET", false],
    [302, "GET", false],
    [303, "GET", false],
    [307, "POST", true],
    [308, "POST", true]
  ] as const)("follow a redirect with %i by a %s", ([status, method, hasBody]) =>
    Effect.gen(function* () {
      const received: Array<HttpClientRequest.HttpClientRequest> = []
      const client = HttpClient.make((request) =>
        Effect.sync(() => {
          received.push(request)
          return HttpClientResponse.fromWeb(
            request,
            received.length === 1 ? new Response("", { status, headers: { location: "../moved" } }) : new Response("")
          )
        })
      )
      yield* Effect.gen(function* () {
        yield* start()
        yield* TestClock.adjust(0)
        const [first, second] = received
        expect([second?.method, second?.url]).toEqual([method, "http://receiver.test/moved"])
        expect(bodyOf(second) === bodyOf(first)).toBe(hasBody)
        for (const name of ["x-stromboli-timestamp", "x-stromboli-signature"]) {
          expect(second?.headers[name]).toBe(first?.headers[name])
          expect(second?.headers[name]).toBeDefined()
        }
      }).pipe(Effect.provide(serverFor(client, Script.says("done"), { webhookSecret: "s" })))
    })
  )

  it.effect("end after ten redirects, and at an address that is none", () =>
    Effect.gen(function* () {
      let requests = 0
      const client = HttpClient.make((request) =>
        Effect.sync(() => {
          requests++
          const location = request.url.endsWith("/hook") ? "/hook" : "http://["
          return HttpClientResponse.fromWeb(request, new Response("", { status: 302, headers: { location } }))
        })
      )
      yield* Effect.gen(function* () {
        yield* start()
        yield* TestClock.adjust("1 second")
        expect(requests).toBe(2 * 11)
        yield* start({ webhook_url: "http://receiver.test/odd" })
        yield* TestClock.adjust("1 second")
        expect(requests).toBe(2 * 11 + 2)
        yield* start({ webhook_url: "::::" })
        yield* TestClock.adjust("1 second")
      }).pipe(Effect.provide(serverFor(client, Script.says("done"))))
    })
  )

  it.effect("wait five seconds for a response", () =>
    Effect.gen(function* () {
      let attempts = 0
      const silent = HttpClient.make(() =>
        Effect.zipRight(
          Effect.sync(() => attempts++),
          Effect.never
        )
      )
      yield* Effect.gen(function* () {
        yield* start()
        yield* TestClock.adjust("5 seconds")
        expect(attempts).toBe(1)
        yield* TestClock.adjust("100 millis")
        expect(attempts).toBe(2)
      }).pipe(Effect.provide(serverFor(silent, Script.says("done"))))
    })
  )

  it.effect("report the real result of a cancelled job, but not the cancellation", () =>
    Effect.gen(function* () {
      const { client, received } = receiver()
      yield* Effect.gen(function* () {
        const { json } = yield* start()
        yield* del(`/jobs/${textAt(json, "job_id")}`)
        yield* TestClock.adjust(0)
        expect(received).toHaveLength(0)
        yield* TestClock.adjust("1 minute")
        expect(JSON.parse(bodyOf(received[0]))).toMatchObject({ status: "completed" })
      }).pipe(Effect.provide(serverFor(client, after("1 minute", Script.says("done")))))
    })
  )

  it.effect("are not sent by a synchronous run", () =>
    Effect.gen(function* () {
      const { client, received } = receiver()
      yield* post("/run", { prompt: "x", webhook_url: "http://receiver.test/" }).pipe(
        Effect.provide(serverFor(client, Script.says("done")))
      )
      yield* TestClock.adjust("1 minute")
      expect(received).toHaveLength(0)
    })
  )
})
