/** Programs that use every method, with recognisable secrets. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Claude, EmbeddedStromboli, Script } from "../../src/embedded/stromboli/index.js"
import { JobId, SecretName, SessionId } from "../../src/schema/stromboli/Identifiers.js"
import { ImageName } from "../../src/schema/stromboli/Image.js"
import { Agents } from "../../src/services/stromboli/agents/Agents.js"
import { Auth } from "../../src/services/stromboli/auth/Auth.js"
import { Execution } from "../../src/services/stromboli/execution/Execution.js"
import { Images } from "../../src/services/stromboli/Images.js"
import { Jobs } from "../../src/services/stromboli/Jobs.js"
import { Secrets } from "../../src/services/stromboli/Secrets.js"
import { layerConfig } from "../../src/services/stromboli/Stromboli.js"
import { StromboliClient } from "../../src/services/stromboli/StromboliClient.js"
import { System } from "../../src/services/stromboli/System.js"
import { Sessions } from "../../src/services/stromboli/sessions/Sessions.js"
import { Webhooks } from "../../src/services/stromboli/Webhooks.js"
import type { Collector } from "./collector.js"

export const canaries = {
  apiToken: "canary-api-token-5c1a",
  header: "canary-proxy-key-90fe",
  secretValue: "canary-secret-value-77b0",
  webhookSecret: "canary-webhook-secret-e1d2",
  givenToken: "canary-given-token-3b3b",
  givenRefreshToken: "canary-given-refresh-token-0a8d",
  badToken: "canary-bad-token-41cc\nwith a line break",
  malformed: "canary-malformed-token-8e8e",
  password: "canary-password-2f2f"
} as const

/** In the URL of a stream, so it must not appear where URLs are shown. */
export const promptCanary = "canary-prompt-6d6d"

const services = Layer.mergeAll(
  Agents.layer,
  Auth.layer,
  Execution.layer,
  Images.layer,
  Jobs.layer,
  Secrets.layer,
  Sessions.layer,
  System.layer
)

export const client = (options: Partial<StromboliClient.Options> = {}) =>
  Layer.provideMerge(
    services,
    StromboliClient.layer({
      baseUrl: "http://stromboli.test",
      token: Redacted.make(canaries.apiToken),
      headers: { "x-proxy-key": Redacted.make(canaries.header) },
      retry: false,
      ...options
    })
  )

/** The server, and a transport that records the tokens in its responses. */
export const server = (issued: Set<string>) =>
  Layer.effect(
    HttpClient.HttpClient,
    Effect.map(
      HttpClient.HttpClient,
      HttpClient.tap((response) =>
        response.request.url.includes("/auth/")
          ? Effect.map(response.text, (text) => {
              for (const [, token] of text.matchAll(/"(?:access|refresh)_token":"(ey[^"]+)"/g)) issued.add(token ?? "")
            })
          : Effect.void
      )
    )
  ).pipe(
    Layer.provideMerge(
      EmbeddedStromboli.layerHttpClient({
        auth: { tokens: [canaries.apiToken], jwtSecret: "0123456789abcdef0123456789abcdef" }
      })
    ),
    Layer.provide(Claude.layerFrom((input) => Script.replies(input, "done")))
  )

export type Server = Layer.Layer.Success<ReturnType<typeof server>>

/** Every method, once with success and once with a failure. */
export const everyday = ({ attempt, look }: Collector) =>
  Effect.gen(function* () {
    const execution = yield* Execution
    const sessions = yield* Sessions
    const secrets = yield* Secrets
    const images = yield* Images
    const jobs = yield* Jobs
    const system = yield* System
    yield* Effect.forEach([execution, sessions, secrets, images, jobs, system, yield* StromboliClient], look)

    const result = yield* execution.run({ prompt: "hi" })
    yield* attempt(execution.run({ prompt: "hi", podman: { volumes: ["/:/host"] } }))
    yield* attempt(Stream.runDrain(execution.stream({ prompt: promptCanary })))
    const { jobId } = yield* execution.runAsync({ prompt: "hi" })
    yield* attempt(execution.runAsync({ key: "canary", prompt: promptCanary }))
    yield* attempt(execution.runAsync({ key: "canary", prompt: "another" }))
    yield* attempt(jobs.get(jobId))
    yield* attempt(jobs.get(JobId.make("unknown")))
    yield* attempt(jobs.cancel(jobId))
    yield* attempt(sessions.list)
    if (result.sessionId !== undefined) yield* attempt(sessions.messages(result.sessionId))
    yield* attempt(sessions.destroy(SessionId.make("unknown")))

    const secret = (name: string, value: string) => ({ name: SecretName.make(name), value: Redacted.make(value) })
    yield* look(secret("KEY", canaries.secretValue))
    yield* attempt(secrets.create(secret("KEY", canaries.secretValue)))
    yield* attempt(secrets.create(secret("KEY", canaries.secretValue)))
    yield* attempt(secrets.create(secret("not a name", canaries.secretValue)))
    yield* attempt(secrets.create(secret("TOO_LONG", canaries.secretValue.repeat(50_000))))
    yield* attempt(secrets.get(SecretName.make("KEY")))
    yield* attempt(secrets.list)
    yield* attempt(images.list)
    yield* attempt(images.search(ImageName.make("python")))
    yield* attempt(images.get(ImageName.make("unknown")))

    const agents = yield* Agents
    yield* look(agents)
    const agent = yield* agents.create({})
    yield* attempt(agents.send(agent.id, promptCanary))
    yield* attempt(Effect.zipRight(agents.list, agents.get(agent.id)))
    yield* attempt(agents.stop(agent.id))
    yield* attempt(agents.send(agent.id, promptCanary))
    yield* attempt(Stream.runDrain(agents.events(agent.id)))
    yield* attempt(system.health)
    yield* attempt(system.claudeStatus)
  }).pipe(Effect.provide(client()))

/** Requesting, using, refreshing, setting and revoking tokens. */
export const tokens = ({ attempt, look }: Collector) =>
  Effect.gen(function* () {
    const auth = yield* Auth
    yield* look(auth)
    const pair = yield* auth.token("somebody")
    yield* look(pair)
    yield* attempt(auth.validate)
    yield* look(yield* auth.refresh())
    yield* look(yield* auth.refresh(pair.refreshToken))
    yield* attempt(auth.logout)
    yield* attempt(auth.validate)
    yield* attempt(auth.setToken(Redacted.make(canaries.givenToken)))
    yield* attempt(auth.validate)
    yield* attempt(auth.setToken(Redacted.make(canaries.badToken)))
    yield* attempt(auth.refresh(Redacted.make(canaries.givenRefreshToken)))
    yield* attempt(auth.refresh(Redacted.make(canaries.badToken)))
    yield* look(yield* StromboliClient)
  }).pipe(Effect.provide(client()))

/** A layer that refreshes its token by itself. */
export const managed = ({ attempt, look }: Collector) =>
  Effect.gen(function* () {
    const system = yield* System
    const { credentials } = yield* StromboliClient
    yield* attempt(system.claudeStatus)
    yield* look(yield* credentials.current)
    yield* look(yield* credentials.refreshToken)
    yield* TestClock.adjust("25 hours")
    yield* attempt(system.claudeStatus)
    yield* TestClock.adjust("30 days")
    yield* attempt(system.claudeStatus)
    yield* look(credentials)
  }).pipe(Effect.provide(client({ clientId: "somebody" })))

/** A layer whose token comes from the configuration: valid, invalid and missing. */
export const configured = ({ attempt, look }: Collector) =>
  Effect.forEach(
    [
      { STROMBOLI_URL: "http://stromboli.test", STROMBOLI_TOKEN: canaries.apiToken },
      { STROMBOLI_URL: "no address", STROMBOLI_TOKEN: canaries.apiToken },
      { STROMBOLI_TOKEN: canaries.apiToken },
      { STROMBOLI_URL: "http://stromboli.test", STROMBOLI_TOKEN: canaries.badToken }
    ],
    (environment) =>
      Effect.flatMap(System, ({ claudeStatus }) => claudeStatus).pipe(
        Effect.zipRight(StromboliClient),
        Effect.tap(look),
        Effect.provide(layerConfig()),
        Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(environment)))),
        attempt
      )
  )

/** Refused options and webhooks. */
export const refusals = ({ attempt, look }: Collector) =>
  Effect.gen(function* () {
    const build = (options: Partial<StromboliClient.Options>) => attempt(Effect.scoped(Layer.build(client(options))))
    yield* build({ token: Redacted.make(canaries.badToken) })
    yield* build({ headers: { "x-proxy-key": Redacted.make(`${canaries.header}\r\nx-more: 1`) } })
    yield* build({ baseUrl: `http://user:${canaries.password}@stromboli.test` })
    yield* Effect.gen(function* () {
      const webhooks = yield* Webhooks
      yield* look(webhooks)
      const headers = { "x-stromboli-timestamp": "0", "x-stromboli-signature": "sha256=00" }
      yield* attempt(webhooks.verify({ headers, body: "{}" }))
      yield* attempt(webhooks.verify({ headers: {}, body: "{}" }))
    }).pipe(Effect.provide(Webhooks.layer({ secret: Redacted.make(canaries.webhookSecret) })))
  })
