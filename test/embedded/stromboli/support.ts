/** The embedded Stromboli over its routes, as any client sees it. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { Claude, EmbeddedStromboli, type Options, type Run, type Script } from "effect-sandboxes/embedded/stromboli"
import { send } from "../../support/answer.js"

export { at, textAt } from "../../support/answer.js"

/** A server in memory that answers runs with `run`, by default with the demo agent without delays. */
export const server = (options: Options = {}, run?: Run) =>
  EmbeddedStromboli.layerHttpClient(options).pipe(
    Layer.provide(run === undefined ? Claude.layerDemo({ lineDelay: 0 }) : Claude.layerFrom(run))
  )

/** The id of a session: Claude Code takes UUIDs only. */
export const session = "5e551013-0000-4000-8000-000000000001"

const base = "http://stromboli.test"

type Headers = Readonly<Record<string, string>>

export const get = (path: string, headers: Headers = {}) => send(HttpClientRequest.get(`${base}${path}`, { headers }))

export const del = (path: string, headers: Headers = {}) => send(HttpClientRequest.del(`${base}${path}`, { headers }))

/** Posts a value as JSON, or a string as it is. */
export const post = (path: string, body: unknown = {}, headers: Headers = {}) =>
  send(
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

/** The same output, but only after a while. */
export const after = (delay: Duration.DurationInput, output: Script.Output): Script.Output =>
  Stream.unwrap(Effect.as(Effect.sleep(delay), output))
