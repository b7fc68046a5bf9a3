import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { Claude, EmbeddedStromboli, type Options, type Run, type Script } from "effect-sandboxes/embedded/stromboli"

/** A response as it arrived over the wire. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  /** The body as JSON; `undefined` if it is not JSON. */
  readonly json: unknown
}

/** A server in memory that answers runs with `run`, by default with the demo agent without delays. */
export const server = (options: Options = {}, run?: Run) =>
  EmbeddedStromboli.layerHttpClient(options).pipe(
    Layer.provide(run === undefined ? Claude.layerDemo({ lineDelay: 0 }) : Claude.layerFrom(run))
  )

const base = "http://stromboli.test"

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const answerTo = (request: HttpClientRequest.HttpClientRequest) =>
  Effect.gen(function* () {
    const response = yield* HttpClient.execute(request)
    const text = yield* response.text
    const answer: Answer = { status: response.status, headers: response.headers, text, json: parse(text) }
    return answer
  })

type Headers = Readonly<Record<string, string>>

export const get = (path: string, headers: Headers = {}) =>
  answerTo(HttpClientRequest.get(`${base}${path}`, { headers }))

export const del = (path: string, headers: Headers = {}) =>
  answerTo(HttpClientRequest.del(`${base}${path}`, { headers }))

/** Posts a value as JSON, or a string as it is. */
export const post = (path: string, body: unknown = {}, headers: Headers = {}) =>
  answerTo(
    HttpClientRequest.post(`${base}${path}`, { headers }).pipe(
      HttpClientRequest.bodyText(typeof body === "string" ? body : JSON.stringify(body), "application/json")
    )
  )

/** Opens an event stream; completes with the response's headers. */
export const open = (path: string) => HttpClient.get(`${base}${path}`)

/** The events of an event stream, each as the text between two blank lines. */
export const events = (path: string): Stream.Stream<string, unknown, HttpClient.HttpClient> =>
  Stream.unwrap(Effect.map(open(path), (response) => response.stream)).pipe(
    Stream.decodeText(),
    Stream.splitLines,
    Stream.mapAccum("", (event, line): readonly [string, ReadonlyArray<string>] =>
      line === "" ? ["", [event]] : [event === "" ? line : `${event}\n${line}`, []]
    ),
    Stream.mapConcat((done) => done)
  )

/** The value at a path of keys and indexes in a JSON value; `undefined` if there is none. */
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

/** The same output, but only after a while. */
export const after = (delay: Duration.DurationInput, output: Script.Output): Script.Output =>
  Stream.unwrap(Effect.as(Effect.sleep(delay), output))
