/** Embedded servers on ports, for the processes under test. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { Daytona, Sandboxes, SandboxName } from "../../../src/daytona.js"
import { type Options as DaytonaOptions, EmbeddedDaytona } from "../../../src/embedded/daytona/index.js"
import { Claude, EmbeddedStromboli, type Options, type Run } from "../../../src/embedded/stromboli/index.js"
import { NodeTransport } from "../../../src/node/index.js"
import { Stromboli } from "../../../src/stromboli.js"

/** A Stromboli server, the variables that name it, and its services, for what a test prepares. */
export const stromboli = (options: Options & { readonly run?: Run } = {}) =>
  Effect.gen(function* () {
    const claude = options.run === undefined ? Claude.layerDemo({ lineDelay: 0 }) : Claude.layerFrom(options.run)
    const context = yield* Layer.build(Layer.provideMerge(EmbeddedStromboli.layerServer(options), claude))
    const server = yield* Effect.provide(EmbeddedStromboli, context)
    const url = Option.getOrElse(server.url, () => "nowhere")
    const services = Stromboli.layer({ baseUrl: url }).pipe(Layer.provide(NodeTransport.layer))
    return { server, url, services, variables: { STROMBOLI_URL: url } }
  })

/** A Daytona whose background tasks take no time, the variables that name it, and its services. */
export const daytona = (options: DaytonaOptions = {}) =>
  Effect.gen(function* () {
    const context = yield* Layer.build(EmbeddedDaytona.layerServer({ durations: 0, ...options }))
    const server = yield* Effect.provide(EmbeddedDaytona, context)
    const apiUrl = `${Option.getOrElse(server.url, () => "nowhere")}/api`
    const services = Daytona.layer({ apiUrl, apiKey: Redacted.make("key") }).pipe(Layer.provide(NodeTransport.layer))
    return { server, services, variables: { DAYTONA_API_URL: apiUrl, DAYTONA_API_KEY: "key" } }
  })

/** A Daytona with a sandbox, `box`. */
export const daytonaWithBox = (options: DaytonaOptions = {}) =>
  Effect.gen(function* () {
    const started = yield* daytona(options)
    const { create } = yield* Effect.provide(Sandboxes, yield* Layer.build(started.services))
    const box = yield* create({ name: SandboxName.make("box") })
    return { ...started, box }
  })

/** A clock for a server that can be put ahead, by milliseconds. */
export const ahead = Effect.map(Effect.clock, (own) => {
  let passed = 0
  const now = () => own.unsafeCurrentTimeMillis() + passed
  const clock: Clock.Clock = {
    ...own,
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    unsafeCurrentTimeMillis: now,
    currentTimeMillis: Effect.sync(now),
    sleep: (time) => own.sleep(time)
  }
  return {
    clock,
    pass: (milliseconds: number): void => {
      passed += milliseconds
    }
  }
})
