/**
 * The connection to a new sandbox of the embedded server: what the services in a sandbox stand on, with a daemon behind
 * it.
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import { EmbeddedDaytona, type LocalRuntimeOptions, localRuntime } from "../../src/embedded/daytona/index.js"
import { layer as daytonaLayer } from "../../src/services/daytona/Daytona.js"
import { DaytonaClient } from "../../src/services/daytona/DaytonaClient.js"
import { Sandboxes } from "../../src/services/daytona/sandboxes/Sandboxes.js"
import { ProcessSessions } from "../../src/services/daytona/toolbox/sessions/ProcessSessions.js"
import { make, Toolbox } from "../../src/services/daytona/toolbox/Toolbox.js"
import { apiKey, daytona } from "./daytonaOver.js"

export type Generation = NonNullable<LocalRuntimeOptions["generation"]>

export const generations: ReadonlyArray<Generation> = ["0.190", "current"]

type SandboxOptions = LocalRuntimeOptions & { readonly env?: Readonly<Record<string, string>> }

const serverOptions = ({ env: _, ...options }: SandboxOptions) => ({
  generation: options.generation ?? ("current" as const),
  durations: 0,
  runtime: localRuntime(options)
})

const ofNewSandbox = ({ env = {} }: SandboxOptions) =>
  Layer.effect(
    Toolbox,
    Effect.gen(function* () {
      const client = yield* DaytonaClient
      const sandboxes = yield* Sandboxes
      return make(client, yield* sandboxes.create({ env }))
    })
  )

/** In memory. */
export const embeddedToolbox = (options: SandboxOptions = {}) =>
  ofNewSandbox(options).pipe(Layer.provideMerge(daytona({ server: serverOptions(options) })))

/** On a loopback port, over some transport. */
export const embeddedToolboxOver = (transport: Layer.Layer<HttpClient.HttpClient>, options: SandboxOptions = {}) => {
  const client = Layer.unwrapEffect(
    Effect.map(EmbeddedDaytona, ({ url }) =>
      daytonaLayer({ apiKey, apiUrl: `${Option.getOrElse(url, () => "http://nowhere.test")}/api` })
    )
  )
  return ofNewSandbox(options).pipe(
    Layer.provide(client),
    Layer.provide(transport),
    Layer.provideMerge(EmbeddedDaytona.layerServer(serverOptions(options)))
  )
}

/** Waits until every session is deleted: those of commands that have ended are deleted behind their results. */
export const noSessionIsLeft = Effect.flatMap(ProcessSessions, ({ list }) =>
  Effect.repeat(list, { until: (sessions) => sessions.length === 0, schedule: Schedule.spaced("10 millis") })
)
