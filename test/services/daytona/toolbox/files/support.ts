/** The files of a sandbox on the embedded server, in memory or on a port. */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { Daytona, DaytonaClient, Sandboxes } from "../../../../../src/daytona.js"
import { EmbeddedDaytona, type Options } from "../../../../../src/embedded/daytona/index.js"
import { Files } from "../../../../../src/services/daytona/toolbox/files/Files.js"
import { make, Toolbox } from "../../../../../src/services/daytona/toolbox/Toolbox.js"
import { apiKey, daytona } from "../../../../support/daytonaOver.js"

const toolbox = Layer.scoped(
  Toolbox,
  Effect.gen(function* () {
    const client = yield* DaytonaClient
    const sandboxes = yield* Sandboxes
    return make(client, yield* Effect.orDie(sandboxes.create()))
  })
)

const files = Files.layer.pipe(Layer.provideMerge(toolbox))

/** The files of a new sandbox of a server in memory. */
export const inMemory = (server: Options = {}, client: Partial<DaytonaClient.Options> = {}) =>
  Layer.provideMerge(files, daytona({ server: { durations: 0, ...server }, client }))

/** The same over a transport, with a server on a loopback port. */
export const onPort = (transport: Layer.Layer<HttpClient.HttpClient>, server: Options = {}) =>
  Layer.unwrapEffect(
    Effect.map(EmbeddedDaytona, ({ url }) => {
      const apiUrl = `${Option.getOrThrow(url)}/api`
      return Layer.provideMerge(files, Daytona.layer({ apiKey, apiUrl })).pipe(Layer.provide(transport))
    })
  ).pipe(Layer.provideMerge(EmbeddedDaytona.layerServer({ durations: 0, ...server })))

export const generations = ["current", "0.190"] as const

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Bytes that depend on their position. */
export const pattern = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => (index * 31 + (index >> 8)) % 256)

export const joined = <E, R>(bytes: Stream.Stream<Uint8Array, E, R>) =>
  Effect.map(Stream.runCollect(bytes), (parts) => Uint8Array.from(Buffer.concat(Chunk.toReadonlyArray(parts))))

/** Waits for a condition, in real time. */
export const eventually = <E, R>(condition: Effect.Effect<boolean, E, R>) =>
  condition.pipe(
    Effect.repeat({ until: (holds) => holds, schedule: Schedule.spaced("20 millis") }),
    Effect.timeout("10 seconds")
  )
