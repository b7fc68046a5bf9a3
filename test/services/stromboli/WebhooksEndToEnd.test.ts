/** Webhooks from the embedded server to the program that verifies them. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import { Execution } from "../../../src/services/stromboli/execution/Execution.js"
import { Webhooks } from "../../../src/services/stromboli/Webhooks.js"
import { after, services } from "../../support/embedded.js"

const sentAt = 1_735_726_800

const verify = (request: Webhooks.Request, options: Partial<Webhooks.Options> = {}) =>
  Effect.flatMap(Webhooks, (webhooks) => webhooks.verify(request)).pipe(
    Effect.provide(Webhooks.layer({ secret: Redacted.make("s"), ...options }))
  )

const refusal = (reason: string) => ({ _tag: "InvalidWebhook", code: "INVALID_WEBHOOK", reason })
describe("a webhook of the embedded server", () => {
  it.effect("is genuine, contains the outcome of the job, and is sent again unchanged if it was not accepted", () =>
    Effect.gen(function* () {
      const reports: Array<Webhooks.Request> = []
      const signatures: Array<unknown> = []
      const webhookClient = HttpClient.make((request, url) =>
        Effect.sync(() => {
          expect(url.toString()).toBe("https://hooks.test/stromboli")
          const { body } = request
          signatures.push([request.headers["x-stromboli-signature"], request.headers["x-stromboli-timestamp"]])
          reports.push({ headers: request.headers, body: body._tag === "Uint8Array" ? body.body : "" })
          return HttpClientResponse.fromWeb(request, new Response(null, { status: reports.length === 1 ? 500 : 204 }))
        })
      )
      yield* Effect.gen(function* () {
        yield* TestClock.setTime(sentAt * 1000)
        const started = yield* (yield* Execution).runAsync({ prompt: "hi", webhookUrl: "https://hooks.test/stromboli" })
        yield* TestClock.adjust("30 seconds")
        expect(reports).toHaveLength(2)
        for (const report of reports) {
          expect(yield* verify(report, { tolerance: "26 seconds" })).toEqual({
            jobId: started.jobId,
            status: "completed",
            output: "Grüße",
            sessionId: started.sessionId,
            usage: expect.objectContaining({ totalTokens: expect.any(Number) })
          })
          expect(yield* Effect.flip(verify(report, { secret: Redacted.make("t") }))).toMatchObject(
            refusal("bad-signature")
          )
        }
        expect(signatures).toEqual([signatures[0], signatures[0]])
      }).pipe(
        Effect.provide(
          services({ run: () => after("5 seconds", "Grüße"), server: { webhookSecret: "s", webhookClient } })
        )
      )
    })
  )
})
