/** Delivers webhooks. */
import { createHmac } from "node:crypto"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as GoJson from "./go/json.js"
import type { Settings } from "./Options.js"
import type { Usage } from "./transcript.js"

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

/** How many redirects Go's client follows. */
const mostRedirects = 10

export const make = (settings: Settings): Effect.Effect<Webhooks> =>
  Effect.gen(function* () {
    // Nothing is traced: the receiver gets no header that this server did not mean to send.
    const client = (settings.webhookClient ?? (yield* fetchClient)).pipe(HttpClient.withTracerDisabledWhen(() => true))

    const deliver = (request: HttpClientRequest.HttpClientRequest, redirects = 0): Effect.Effect<void, unknown> =>
      Effect.flatMap(Effect.scoped(client.execute(request)), ({ headers, status }) => {
        const location = headers["location"]
        if (status >= 200 && status < 300) return Effect.void
        return location === undefined || !isRedirect(status) || redirects === mostRedirects
          ? Effect.fail(status)
          : Effect.flatMap(
              Effect.try(() => redirected(request, status, location)),
              (next) => deliver(next, redirects + 1)
            )
      })

    return {
      notify: (url, notification) =>
        Effect.gen(function* () {
          const body = GoJson.stringify(notification)
          const seconds = Math.floor((yield* Clock.currentTimeMillis) / 1_000)
          const request = HttpClientRequest.post(url).pipe(
            HttpClientRequest.bodyText(body, "application/json"),
            HttpClientRequest.setHeaders(signatureOf(settings.webhookSecret, `${seconds}`, body))
          )
          yield* deliver(request).pipe(
            Effect.timeout("5 seconds"),
            Effect.retry(Schedule.intersect(Schedule.spaced("100 millis"), Schedule.recurs(1)))
          )
        }).pipe(Effect.ignore)
    }
  })

const fetchClient = Effect.provide(
  HttpClient.HttpClient,
  Layer.provide(FetchHttpClient.layer, Layer.succeed(FetchHttpClient.RequestInit, { redirect: "manual" }))
)

const isRedirect = (status: number): boolean => [301, 302, 303, 307, 308].includes(status)

/** Go follows most redirects with a GET, without the body but with all headers. */
const redirected = (
  request: HttpClientRequest.HttpClientRequest,
  status: number,
  location: string
): HttpClientRequest.HttpClientRequest => {
  const moved = HttpClientRequest.setUrl(request, new URL(location, request.url))
  return status === 307 || status === 308
    ? moved
    : HttpClientRequest.get(moved.url, { headers: { ...request.headers, "content-type": "application/json" } })
}

// Like the real server, both attempts send the same headers: the request is built once.
const signatureOf = (secret: string | undefined, timestamp: string, body: string): Record<string, string> =>
  secret === undefined
    ? {}
    : {
        "x-stromboli-timestamp": timestamp,
        "x-stromboli-signature": `sha256=${createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex")}`
      }
