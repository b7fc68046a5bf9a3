/** A transport that answers from a script and remembers what was asked: for the request core, below any real server. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

export interface Asked {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
}

interface Reply {
  readonly status: number
  readonly body?: BodyInit
  readonly headers?: Record<string, string>
  readonly after?: Duration.DurationInput
}

/** What the server does with one request. */
export type Answer =
  | Reply
  | { readonly fails: { readonly code?: string; readonly syscall?: string; readonly message?: string } }
  | "never"

export const json = (body: unknown, status = 200, headers: Record<string, string> = {}): Reply => ({
  status,
  body: JSON.stringify(body),
  headers: { "content-type": "application/json; charset=utf-8", ...headers }
})

export const error = (status: number, message: string, headers: Record<string, string> = {}): Reply =>
  json({ error: message }, status, headers)

/** The same reply, after a while. */
export const later = (after: Duration.DurationInput, reply: Reply): Reply => ({ ...reply, after })

export const refused: Answer = {
  fails: { code: "ECONNREFUSED", syscall: "connect", message: "connect ECONNREFUSED 127.0.0.1:1" }
}
export const reset: Answer = { fails: { code: "ECONNRESET", syscall: "read", message: "read ECONNRESET" } }

/** A layer that gives the answers in order, the last of them for ever, and the list of what was asked. */
export const scripted = (...answers: ReadonlyArray<Answer>) =>
  answering((_, before) => answers[Math.min(before, answers.length - 1)])

/** One that gives each path its own answer. */
export const routed = (answers: Readonly<Record<string, Answer>>) => answering(({ pathname }) => answers[pathname])

const answering = (answerTo: (url: URL, before: number) => Answer | undefined) => {
  const asked: Array<Asked> = []
  const client = HttpClient.make((request, url) =>
    Effect.gen(function* () {
      const answer = answerTo(url, asked.length)
      const { body } = request
      asked.push({
        method: request.method,
        url: url.toString(),
        headers: request.headers,
        body: body._tag === "Uint8Array" ? new TextDecoder().decode(body.body) : ""
      })
      if (answer === undefined || answer === "never") return yield* Effect.never
      if ("fails" in answer) {
        const { message = "failed", ...details } = answer.fails
        const cause = new TypeError("fetch failed", { cause: Object.assign(new Error(message), details) })
        return yield* new HttpClientError.RequestError({ request, reason: "Transport", cause })
      }
      if (answer.after !== undefined) yield* Effect.sleep(answer.after)
      const response = new Response(answer.body ?? null, {
        status: answer.status,
        ...(answer.headers && { headers: answer.headers })
      })
      return HttpClientResponse.fromWeb(request, response)
    })
  )
  return { asked, layer: Layer.succeed(HttpClient.HttpClient, client) }
}
