/** The transports that every service has to work over, and the services over them. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { layer as nodeTransport } from "../../src/node/NodeTransport.js"
import { JobId } from "../../src/schema/stromboli/Identifiers.js"
import { Auth } from "../../src/services/stromboli/auth/Auth.js"
import { Execution } from "../../src/services/stromboli/execution/Execution.js"
import { Images } from "../../src/services/stromboli/Images.js"
import { Jobs } from "../../src/services/stromboli/Jobs.js"
import { Secrets } from "../../src/services/stromboli/Secrets.js"
import { StromboliClient } from "../../src/services/stromboli/StromboliClient.js"
import { System } from "../../src/services/stromboli/System.js"
import { Sessions } from "../../src/services/stromboli/sessions/Sessions.js"
import { type Answer, rawServer } from "./rawServer.js"
import { aJob as completedJob } from "./stromboliOver.js"

export interface Transport {
  readonly name: string
  readonly layer: Layer.Layer<HttpClient.HttpClient>
  /** It keeps connections for the next request. */
  readonly keepsConnections: boolean
  /** Its connections end with its layer; those of fetch belong to the process. */
  readonly ownsConnections: boolean
  /** It asks for compressed bodies, and unpacks them. */
  readonly decompresses: boolean
  /**
   * A reader that is slow, not stalled, slows the server down. undici's fetch (6.24 in Node 20, 7.30) is paused after
   * each chunk of HTTP, puts what is left of a read back into the socket's queue, and reads more on resuming: with
   * small chunks the queue grows without bound, and copying it takes quadratic time.
   */
  readonly pacesServer: boolean
}

export const transports: ReadonlyArray<Transport> = [
  {
    name: "NodeTransport (undici)",
    layer: nodeTransport,
    keepsConnections: true,
    ownsConnections: true,
    decompresses: true,
    pacesServer: true
  },
  {
    name: "NodeHttpClient (node:http)",
    layer: NodeHttpClient.layer,
    keepsConnections: false,
    ownsConnections: true,
    decompresses: false,
    pacesServer: true
  },
  {
    name: "FetchHttpClient",
    layer: FetchHttpClient.layer,
    keepsConnections: true,
    ownsConnections: false,
    decompresses: true,
    pacesServer: false
  }
]

/** Two repeats without a wait, so that no test has to move the clock for them. */
export const atOnce = Schedule.recurs(2)

const services = Layer.mergeAll(
  Auth.layer,
  Execution.layer,
  Images.layer,
  Jobs.layer,
  Secrets.layer,
  Sessions.layer,
  System.layer
)

/** The services of the server at this address. They repeat at once unless told otherwise. */
export const servicesAt = (
  baseUrl: string,
  transport: Layer.Layer<HttpClient.HttpClient>,
  options: Partial<StromboliClient.Options> = {}
) =>
  services.pipe(
    Layer.provideMerge(StromboliClient.layer({ baseUrl, retry: atOnce, ...options })),
    Layer.provide(transport)
  )

/** A job as the server sends it. */
export const aJob = (id = "job-1") => ({ ...completedJob, id })

/** A request that may be repeated. */
export const getJob = (id = "job-1") => Effect.flatMap(Jobs, (jobs) => jobs.get(JobId.make(id)))

/** A request that may not. */
export const run = Effect.flatMap(Execution, (execution) => execution.run({ prompt: "hi" }))

export const streamed = Stream.unwrap(Effect.map(Execution, (execution) => execution.stream({ prompt: "hi" })))

/** A failure is a failure and nothing else: one that comes with a defect beside it would pass for expected. */
const withoutDefects = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.tapErrorCause(effect, (cause) =>
    Chunk.isEmpty(Cause.defects(cause)) ? Effect.void : Effect.die(`a defect: ${Cause.pretty(cause)}`)
  )

/** What a stream gave before it ended, and how it ended. */
export const collected = <A, E, R>(stream: Stream.Stream<A, E, R>) =>
  Effect.suspend(() => {
    const items: Array<A> = []
    return Stream.runForEach(stream, (item) => Effect.sync(() => items.push(item))).pipe(
      withoutDefects,
      Effect.either,
      Effect.map((end) => ({ items, end }))
    )
  })

export type Services = Layer.Layer.Success<ReturnType<typeof servicesAt>>

/** What a call over this transport comes to at a server that answers like this, and what the server saw of it. */
export const at = <A, E>(
  transport: Transport,
  call: Effect.Effect<A, E, Services>,
  ...answers: ReadonlyArray<Answer>
) =>
  Effect.gen(function* () {
    const server = yield* rawServer(...answers)
    const outcome = yield* Effect.provide(Effect.either(withoutDefects(call)), servicesAt(server.url, transport.layer))
    return { server, outcome, sent: server.requests.length }
  })
