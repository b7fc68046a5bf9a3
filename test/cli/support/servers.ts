/** Embedded servers on ports, for the processes under test. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
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
