/** What all operations of a client share, whether they are calls, streams or web sockets. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Random from "effect/Random"
import type * as Tracer from "effect/Tracer"
import type { LooseInput } from "./buildRequest.js"
import { memoized } from "./memoized.js"
import { type CallingFiber, hasSpans } from "./observed.js"
import * as Pipeline from "./pipeline.js"
import type { Settings } from "./Settings.js"
import { metricsOf } from "./telemetry.js"
import * as Transport from "./transport.js"

export interface SharedClient extends Pipeline.Client {
  readonly transport: Transport.ClientTransport
}

const hexadecimal = (number: number): string => number.toString(16).padStart(8, "0")

/**
 * Sixteen hex digits, the form that Stromboli uses itself; all attempts of a call have the same. A client starts at a
 * random number and counts.
 */
const requestIds = Effect.zipWith(
  Random.nextIntBetween(0, 2 ** 32),
  Random.nextIntBetween(0, 2 ** 32),
  (high, start) => {
    let low = start
    return () => {
      low = (low + 1) >>> 0
      return hexadecimal(high) + hexadecimal(low)
    }
  }
)

/** Sends over the `HttpClient` of the context, which is asked here, once, what it can do. */
export const make = (settings: Settings): Effect.Effect<SharedClient, never, HttpClient.HttpClient> =>
  Effect.zipWith(HttpClient.HttpClient, requestIds, (http, newRequestId) => {
    const { system, transformClient = identity } = settings
    const sent = Pipeline.sentHeaders(settings.headers)
    const transport = Transport.make(transformClient(http), sent.redactedNames)
    return { settings, sent, transport, newRequestId, metrics: metricsOf(system.name) }
  })

/** The name and options of the span of an operation, where there are spans. */
export const spanOf = (
  { settings }: SharedClient,
  fiber: CallingFiber,
  { name }: { readonly name: string },
  input: LooseInput<unknown, unknown>
): readonly [name: string, options: Tracer.SpanOptions] | undefined =>
  hasSpans(fiber)
    ? [
        `${settings.system.displayName}.${name}`,
        { attributes: attributesOf(settings, name, input), captureStackTrace: false, kind: "client" }
      ]
    : undefined

/** What a span says of its operation from the start: ids, and never a prompt, a command or a secret. */
const attributesOf = (
  { sandboxId, system }: Settings,
  operation: string,
  input: LooseInput<unknown, unknown>
): Record<string, unknown> => {
  const attributes: Record<string, unknown> = { "effect_sandboxes.system": system.name }
  const sandbox = input.sandboxId ?? sandboxId
  if (sandbox !== undefined) attributes["daytona.sandbox.id"] = sandbox
  for (const hole in input.path) attributes[attributeOf(system.name)(operation)(hole)] = input.path[hole]
  return attributes
}

const snakeCase = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replace(/^_/, "")

/** `id` of `Jobs.get` is `stromboli.job.id`, `sessionId` is `daytona.session.id`. */
const attributeOf = memoized((system: string) =>
  memoized((operation: string) =>
    memoized((hole: string) => {
      const [service = ""] = operation.split(".", 1)
      const name = hole === "id" ? `${service.replace(/s$/, "")}Id` : hole.replace(/OrName$/, "")
      return `${system}.${snakeCase(name).replace(/_id$/, ".id")}`
    })
  )
)
