/** Answers of a server as they came over the wire, without a client of ours in between. */
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  /** The body as JSON; `undefined` when it is not JSON. */
  readonly json: unknown
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export const send = (
  request: HttpClientRequest.HttpClientRequest
): Effect.Effect<Answer, HttpClientError.HttpClientError, HttpClient.HttpClient> =>
  Effect.gen(function* () {
    const response = yield* HttpClient.execute(request)
    const text = yield* response.text
    return { status: response.status, headers: response.headers, text, json: parse(text) }
  })

/** The value at a path of keys and indexes in a JSON value; `undefined` where there is none. */
export const at = (json: unknown, ...path: ReadonlyArray<string | number>): unknown =>
  path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null
        ? Object.entries(value).find(([name]) => name === `${key}`)?.[1]
        : undefined,
    json
  )

/** {@link at} for a value that has to be a string. */
export const textAt = (json: unknown, ...path: ReadonlyArray<string | number>): string => {
  const value = at(json, ...path)
  return typeof value === "string" ? value : `no string at ${path.join(".")} of ${JSON.stringify(json)}`
}
