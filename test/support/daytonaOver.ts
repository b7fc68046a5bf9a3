/**
 * The services of Daytona over the embedded server or over a script, and transports that stop where a test wants them
 * to.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { Daytona, type DaytonaClient } from "../../src/daytona.js"
import {
  EmbeddedDaytona,
  type Injection,
  type Options,
  type OutcomeInjection
} from "../../src/embedded/daytona/index.js"

export const apiKey = Redacted.make("dtn_key")

type ClientOptions = Partial<DaytonaClient.Options>

/** All services over some transport. */
export const daytonaOver = (transport: Layer.Layer<HttpClient.HttpClient>, options: ClientOptions = {}) =>
  Daytona.layer({ apiKey, apiUrl: "http://daytona.test/api", ...options }).pipe(Layer.provide(transport))

/** All services over the embedded server in memory, and that server. */
export const daytona = (setup: { readonly server?: Options; readonly client?: ClientOptions } = {}) =>
  Daytona.layer({ apiKey, apiUrl: "http://daytona.test/api", ...setup.client }).pipe(
    Layer.provideMerge(EmbeddedDaytona.layerHttpClient(setup.server ?? {}))
  )

/** The sandboxes that the embedded server still has; one in error is gone as soon as it is to be. */
export const alive = Effect.flatMap(EmbeddedDaytona, ({ sandboxes }) =>
  Effect.map(sandboxes, (all) =>
    all.filter(
      ({ desiredState, state }) => state !== "destroyed" && !(state === "error" && desiredState === "destroyed")
    )
  )
)

/** What came over the wire so far, as `METHOD /path`. */
export const lines = Effect.flatMap(EmbeddedDaytona, ({ requests }) =>
  Effect.map(requests, (all) => all.map(({ method, path }) => `${method} ${path}`))
)

/** Makes the next answer that matches go wrong. */
export const inject = (injection: Injection) =>
  Effect.flatMap(EmbeddedDaytona, ({ faults }) => faults.inject(injection))

/** Makes what happens in the background go wrong. */
export const happens = (injection: OutcomeInjection) =>
  Effect.flatMap(EmbeddedDaytona, ({ outcomes }) => outcomes.inject(injection))

/** Where a request stops for ever: before it is sent, or when its answer is here and nobody has seen it yet. */
export interface Halt {
  readonly request: number
  readonly when: "before" | "after"
}

/** A transport that stops at a request, says so, and is like `inner` otherwise. */
export const halting = (halt: Halt, reached: Deferred.Deferred<void>) =>
  Layer.effect(
    HttpClient.HttpClient,
    Effect.map(HttpClient.HttpClient, (inner) => {
      let count = 0
      const stop = Effect.zipRight(Deferred.succeed(reached, undefined), Effect.never)
      return HttpClient.make((request) =>
        Effect.suspend(() => {
          const isHere = ++count === halt.request
          if (isHere && halt.when === "before") return stop
          const answered = inner.execute(request)
          return isHere ? Effect.zipRight(answered, stop) : answered
        })
      )
    })
  )
