/** Delivers webhooks. */
import { createHmac } from "node:crypto"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as GoJson from "./go/json.js"
import type { Settings } from "./Options.js"
import type { Usage } from "./Sessions.js"

/** The body of a webhook. */
export interface Notification {
  readonly job_id: string
  readonly status: string
  readonly output?: string
  readonly error?: string
  readonly session_id?: string
  readonly usage?: Usage
}

/** Notifies webhooks of the results of jobs. */
export interface Webhooks {
  /** Makes two attempts, 100 ms apart, each of at most 5 s, and ignores their result. */
  readonly notify: (url: string, notification: Notification) => Effect.Effect<void>
}

export const make = (settings: Settings): Effect.Effect<Webhooks> =>
  Effect.gen(function* () {
    const client = HttpClient.filterStatusOk(settings.webhookClient ?? (yield* fetchClient))
    return {
      notify: (url, notification) =>
        Effect.gen(function* () {
          const body = GoJson.stringify(notification)
          const seconds = Math.floor((yield* Clock.currentTimeMillis) / 1_000)
          const request = HttpClientRequest.post(url).pipe(
            HttpClientRequest.bodyText(body, "application/json"),
            HttpClientRequest.setHeaders(signatureOf(settings.webhookSecret, `${seconds}`, body))
          )
          yield* Effect.scoped(client.execute(request)).pipe(
            Effect.timeout("5 seconds"),
            Effect.retry(Schedule.intersect(Schedule.spaced("100 millis"), Schedule.recurs(1)))
          )
        }).pipe(Effect.ignore)
    }
  })

const fetchClient = Effect.provide(HttpClient.HttpClient, FetchHttpClient.layer)

// Like the real server, both attempts send the same headers: the request is built once.
const signatureOf = (secret: string | undefined, timestamp: string, body: string): Record<string, string> =>
  secret === undefined
    ? {}
    : {
        "x-stromboli-timestamp": timestamp,
        "x-stromboli-signature": `sha256=${createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex")}`
      }
