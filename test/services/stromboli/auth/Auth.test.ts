/** Tokens that a program manages itself. */
import { inspect } from "node:util"
import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { Fault } from "../../../../src/embedded/stromboli/index.js"
import { JobId, MessageId, SecretName, SessionId } from "../../../../src/schema/stromboli/Identifiers.js"
import { ImageName } from "../../../../src/schema/stromboli/Image.js"
import { Auth } from "../../../../src/services/stromboli/auth/Auth.js"
import { Execution } from "../../../../src/services/stromboli/execution/Execution.js"
import { Images } from "../../../../src/services/stromboli/Images.js"
import { Jobs } from "../../../../src/services/stromboli/Jobs.js"
import { Secrets } from "../../../../src/services/stromboli/Secrets.js"
import { System } from "../../../../src/services/stromboli/System.js"
import { Sessions } from "../../../../src/services/stromboli/sessions/Sessions.js"
import { clearRequests, inject, lastBody, requests, type Setup, services } from "../../../support/embedded.js"

const apiToken = "api-token-of-the-operator"
const jwtSecret = "a secret of at least thirty-two characters"

/** A server that requires a token, and a client that has the operator's. */
const over = ({ client, server }: Setup = {}) =>
  Effect.provide(
    services({
      server: { auth: { tokens: [apiToken], jwtSecret, ...server?.auth } },
      client: { token: Redacted.make(apiToken), retry: false, ...client }
    })
  )

const bearers = Effect.map(requests, (all) => all.map(({ headers }) => headers["authorization"]))
const bearer = (token: Redacted.Redacted | string) =>
  `Bearer ${Redacted.isRedacted(token) ? Redacted.value(token) : token}`
const call = Effect.flatMap(Jobs, (jobs) => jobs.list)

/** Every request that the services can make, with any result. */
const everything = Effect.gen(function* () {
  const execution = yield* Execution
  const images = yield* Images
  const jobs = yield* Jobs
  const secrets = yield* Secrets
  const sessions = yield* Sessions
  const system = yield* System
  const job = JobId.make("job-1")
  const session = SessionId.make("s-1")
  const secret = SecretName.make("database")
  const image = ImageName.make("python")
  const all: ReadonlyArray<Effect.Effect<unknown, unknown>> = [
    execution.run({ prompt: "hi" }),
    execution.runAsync({ prompt: "hi" }),
    Stream.runDrain(execution.stream({ prompt: "hi" })),
    images.list,
    images.get(image),
    images.search(image),
    images.pull({ image }),
    jobs.list,
    jobs.get(job),
    jobs.cancel(job),
    secrets.list,
    secrets.create({ name: secret, value: Redacted.make("v") }),
    secrets.get(secret),
    secrets.delete(secret),
    sessions.list,
    sessions.messages(session),
    Stream.runDrain(sessions.allMessages(session)),
    sessions.message(session, MessageId.make("m-1")),
    sessions.destroy(session),
    system.health,
    system.claudeStatus
  ]
  yield* Effect.forEach(all, Effect.exit, { discard: true })
  return all.length
})

describe("a token", () => {
  it.effect("of the layer is sent with every request of every service", () =>
    Effect.gen(function* () {
      const sent = yield* everything
      expect(yield* bearers).toEqual(Array.from({ length: sent }, () => bearer(apiToken)))
    }).pipe(over())
  )

  it.effect("that was obtained is sent with every later request of every service", () =>
    Effect.gen(function* () {
      const { accessToken } = yield* (yield* Auth).token("me")
      yield* clearRequests
      const sent = yield* everything
      expect(yield* bearers).toEqual(Array.from({ length: sent }, () => bearer(accessToken)))
    }).pipe(over())
  )

  it.effect("is not sent when there is none", () =>
    Effect.gen(function* () {
      yield* everything
      expect(new Set(yield* bearers)).toEqual(new Set([undefined]))
    }).pipe(over({ client: { token: undefined } }))
  )

  it.effect("is not printed by anything that holds it", () =>
    Effect.gen(function* () {
      const pair = yield* (yield* Auth).token("me")
      for (const secret of [pair.accessToken, pair.refreshToken]) {
        const shown = `${inspect(pair, { depth: 10 })} ${JSON.stringify(pair)} ${inspect(yield* Auth, { depth: 10 })}`
        expect(shown).not.toContain(Redacted.value(secret))
      }
    }).pipe(over())
  )
})

describe("requesting a token", () => {
  it.effect("sends the client id, and returns both tokens and the lifetime of the first", () =>
    Effect.gen(function* () {
      const pair = yield* (yield* Auth).token("me")
      expect(yield* lastBody).toEqual({ client_id: "me" })
      expect((yield* requests).at(-1)).toMatchObject({ method: "POST", path: "/auth/token" })
      expect(pair.tokenType).toBe("bearer")
      expect(Duration.toHours(pair.expiresIn)).toBe(24)
      expect(Redacted.value(pair.accessToken)).toMatch(/^ey.+\..+\..+$/)
      expect(Redacted.value(pair.refreshToken)).not.toBe(Redacted.value(pair.accessToken))
    }).pipe(over())
  )

  it.effect("is not sent without a client id", () =>
    Effect.gen(function* () {
      expect(yield* Effect.flip((yield* Auth).token(""))).toMatchObject({ _tag: "InvalidRequest", field: "clientId" })
      expect(yield* requests).toEqual([])
    }).pipe(over())
  )

  it.effect("is Unauthorized for a client without a credential, which then still has none", () =>
    Effect.gen(function* () {
      const failure = yield* Effect.flip((yield* Auth).token("me"))
      expect(failure).toMatchObject({
        _tag: "Unauthorized",
        code: "UNAUTHORIZED",
        status: 401,
        operation: "Auth.token",
        detail: "missing authorization header"
      })
      expect(yield* Effect.flip(call)).toMatchObject({ _tag: "Unauthorized" })
      expect(yield* bearers).toEqual([undefined, undefined])
    }).pipe(over({ client: { token: undefined } }))
  )

  it.effect("is Unavailable on a server without a signing secret", () =>
    Effect.gen(function* () {
      expect(yield* Effect.flip((yield* Auth).token("me"))).toMatchObject({
        _tag: "Unavailable",
        detail: "JWT authentication not configured"
      })
    }).pipe(Effect.provide(services({ client: { retry: false } })))
  )

  it.effect("is InvalidResponse, without quoting it, when the token is not a valid header value", () =>
    Effect.gen(function* () {
      const body = JSON.stringify({
        access_token: "canary\r\nX-Evil: 1",
        refresh_token: "canary",
        token_type: "bearer",
        expires_in: 1
      })
      yield* inject({ fault: Fault.replaceBody(body, "application/json") })
      const failure = yield* Effect.flip((yield* Auth).token("me"))
      expect(failure).toMatchObject({ _tag: "InvalidResponse", field: "accessToken" })
      expect(failure).not.toHaveProperty("excerpt")
      expect(`${inspect(failure, { depth: 10 })} ${JSON.stringify(failure)}`).not.toContain("canary")
    }).pipe(over())
  )
})
