/** The services of an application beside those of others, over one embedded server. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type CreateSandbox, Daytona, Reaper, Sandboxes } from "../../../../src/daytona.js"
import { EmbeddedDaytona, type Options } from "../../../../src/embedded/daytona/index.js"
import { alive, apiKey } from "../../../support/daytonaOver.js"

const apiUrl = "http://daytona.test/api"

/** All services of an application, and its reaper. */
export const application = (name: string) =>
  Layer.provideMerge(Reaper.layer, Daytona.layer({ apiKey, apiUrl, application: name }))

const unchanged = Layer.effect(HttpClient.HttpClient, HttpClient.HttpClient)

/** The application `shop`, its reaper and the server, perhaps over a transport of its own. */
export const shop = (
  server: Options = {},
  transport: Layer.Layer<HttpClient.HttpClient, never, HttpClient.HttpClient> = unchanged
) =>
  application("shop").pipe(
    Layer.provideMerge(transport),
    Layer.provideMerge(EmbeddedDaytona.layerHttpClient({ durations: 0, ...server }))
  )

/** Creates a sandbox with this package, on behalf of an application. */
export const create = (sandbox: CreateSandbox = {}, name = "shop") =>
  Effect.flatMap(Sandboxes, (sandboxes) => sandboxes.create(sandbox)).pipe(Effect.provide(application(name)))

/** Sends a request that this package would not send. */
export const send = (method: "POST" | "PUT", path: string, body: unknown) =>
  Effect.flatMap(HttpClient.HttpClient, (client) =>
    HttpClientRequest.make(method)(`${apiUrl}${path}`).pipe(
      HttpClientRequest.bodyUnsafeJson(body),
      client.execute,
      Effect.flatMap((response) => response.json)
    )
  )

export const aliveIds = Effect.map(alive, (all) => all.map(({ id }) => id).sort())

/** A clock that is wrong by this many milliseconds. */
export const wrongBy =
  (offset: number) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.clockWith((clock) =>
      Effect.withClock(effect, {
        ...clock,
        [Clock.ClockTypeId]: Clock.ClockTypeId,
        sleep: (duration) => clock.sleep(duration),
        unsafeCurrentTimeMillis: () => clock.unsafeCurrentTimeMillis() + offset,
        unsafeCurrentTimeNanos: () => clock.unsafeCurrentTimeNanos() + BigInt(offset) * 1_000_000n,
        currentTimeMillis: Effect.map(clock.currentTimeMillis, (now) => now + offset),
        currentTimeNanos: Effect.map(clock.currentTimeNanos, (now) => now + BigInt(offset) * 1_000_000n)
      })
    )

/** A transport whose server keeps its own clock, whatever that of the caller says. */
export const withServerClock = Layer.effect(
  HttpClient.HttpClient,
  Effect.map(Effect.zip(HttpClient.HttpClient, Effect.clock), ([inner, clock]) =>
    HttpClient.make((request) => Effect.withClock(inner.execute(request), clock))
  )
)
