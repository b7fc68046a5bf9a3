/** Servers and transports at their worst: they echo secrets where nobody should. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { EmbeddedStromboli, Fault } from "../../src/embedded/stromboli/index.js"
import { SecretName } from "../../src/schema/stromboli/Identifiers.js"
import { Auth } from "../../src/services/stromboli/auth/Auth.js"
import { Execution } from "../../src/services/stromboli/execution/Execution.js"
import { Secrets } from "../../src/services/stromboli/Secrets.js"
import { System } from "../../src/services/stromboli/System.js"
import type { Collector } from "./collector.js"
import { canaries, client, promptCanary } from "./scenarios.js"

/** Failures in which the server echoes what it was sent. */
const echo = ({ attempt }: Collector, quoted: string, call: Effect.Effect<unknown, unknown>) =>
  Effect.gen(function* () {
    const { faults } = yield* EmbeddedStromboli
    for (const answer of [
      ...[400, 401, 409, 429, 500, 503].map((status) =>
        Fault.status(status, {
          body: JSON.stringify({ error: `no use for ${quoted}` }),
          contentType: "application/json"
        })
      ),
      Fault.status(400, { body: `plainly no use for ${quoted}` }),
      Fault.status(502, { body: `<html><title>${quoted}</title></html>`, contentType: "text/html" }),
      Fault.status(302, { headers: { location: `https://login.test/?was=${encodeURIComponent(quoted)}` } }),
      Fault.replaceBody(`{"quoted":"${quoted}"`, "application/json"),
      Fault.replaceBody(JSON.stringify({ id: { quoted }, status: [quoted], success: quoted }), "application/json"),
      Fault.replaceBody(`<html>${quoted}</html>`, "text/html")
    ]) {
      yield* faults.clear
      yield* faults.inject({ fault: answer, times: Number.POSITIVE_INFINITY })
      yield* attempt(call)
    }
    yield* faults.clear
  })

/** The server echoes the credentials of the caller. */
export const echoedHeaders = (collector: Collector) =>
  Effect.gen(function* () {
    const execution = yield* Execution
    const { health } = yield* System
    const quoted = `${canaries.apiToken} ${canaries.header}`
    yield* echo(collector, quoted, health)
    yield* echo(collector, quoted, execution.run({ prompt: "hi" }))
    yield* echo(collector, quoted, Stream.runDrain(execution.stream({ prompt: promptCanary })))
  }).pipe(Effect.provide(client()))

/** The server echoes a secret from a request body. */
export const echoedBodies = (collector: Collector) =>
  Effect.gen(function* () {
    const auth = yield* Auth
    const secrets = yield* Secrets
    const { givenRefreshToken, secretValue } = canaries
    yield* echo(collector, givenRefreshToken, auth.refresh(Redacted.make(givenRefreshToken)))
    yield* echo(
      collector,
      secretValue,
      secrets.create({ name: SecretName.make("ECHO"), value: Redacted.make(secretValue) })
    )
  }).pipe(Effect.provide(client()))

/** Unreadable responses to a login that contain a token. */
export const malformedTokens = ({ attempt }: Collector) =>
  Effect.gen(function* () {
    const { faults } = yield* EmbeddedStromboli
    const auth = yield* Auth
    const { malformed } = canaries
    const good = { access_token: malformed, refresh_token: malformed, token_type: "bearer", expires_in: 60 }
    for (const body of [
      JSON.stringify({ ...good, access_token: `${malformed} with a space` }),
      JSON.stringify({ ...good, refresh_token: [malformed] }),
      JSON.stringify({ ...good, token_type: undefined }),
      JSON.stringify({ ...good, expires_in: malformed }),
      JSON.stringify(good).slice(0, 60),
      malformed
    ]) {
      yield* faults.inject({ path: "/auth/token", fault: Fault.replaceBody(body) })
      yield* attempt(auth.token("somebody"))
    }
  }).pipe(Effect.provide(client()))

/** A transport without spans of its own that quotes what it could not send or read. */
const quoting = (phase: "request" | "body") =>
  HttpClient.makeWith<never, never, HttpClientError.HttpClientError, never>(
    Effect.flatMap((request) => {
      const cause = Object.assign(new TypeError(`Invalid header value: ${JSON.stringify(request.headers)}`), {
        code: "ERR_INVALID_CHAR"
      })
      if (phase === "request") return new HttpClientError.RequestError({ request, reason: "Transport", cause })
      const body = new ReadableStream({ pull: (controller) => controller.error(cause) })
      return Effect.succeed(
        HttpClientResponse.fromWeb(request, new Response(body, { headers: { "content-length": "100" } }))
      )
    }),
    Effect.succeed
  )

export const transportErrors = ({ attempt }: Collector) =>
  Effect.forEach(["request", "body"] as const, (phase) =>
    Effect.gen(function* () {
      const execution = yield* Execution
      yield* attempt(Effect.flatMap(System, ({ health }) => health))
      yield* attempt(execution.run({ prompt: "hi" }))
      yield* attempt(Stream.runDrain(execution.stream({ prompt: promptCanary })))
    }).pipe(Effect.provide(Layer.provide(client(), Layer.succeed(HttpClient.HttpClient, quoting(phase)))))
  )
