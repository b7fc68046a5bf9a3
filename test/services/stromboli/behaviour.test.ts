import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Claude, EmbeddedStromboli } from "effect-sandboxes/embedded/stromboli"
import { NodeTransport } from "effect-sandboxes/node"
import { Stromboli } from "effect-sandboxes/stromboli"
import { stromboliBehaviour } from "../../behaviour/stromboli.js"

const claude = Claude.layerDemo({ lineDelay: 0 })

stromboliBehaviour("the embedded server in memory", {
  mayRun: true,
  services: Stromboli.layer({ baseUrl: "http://stromboli.test" }).pipe(
    Layer.provide(EmbeddedStromboli.layerHttpClient()),
    Layer.provide(claude)
  )
})

stromboliBehaviour("the embedded server of the older generation", {
  mayRun: true,
  services: Stromboli.layer({ baseUrl: "http://stromboli.test" }).pipe(
    Layer.provide(EmbeddedStromboli.layerHttpClient({ api: "0.4" })),
    Layer.provide(claude)
  )
})

const onAPort = Layer.unwrapEffect(
  Effect.map(EmbeddedStromboli, ({ url }) => Stromboli.layer({ baseUrl: Option.getOrThrow(url) }))
).pipe(Layer.provide(EmbeddedStromboli.layerServer()), Layer.provide(claude))

for (const [name, transport] of [
  ["undici", NodeTransport.layer],
  ["fetch", FetchHttpClient.layer],
  ["node:http", NodeHttpClient.layer]
] as const) {
  stromboliBehaviour(`the embedded server on a port, over ${name}`, {
    mayRun: true,
    services: Layer.provide(onAPort, transport)
  })
}
