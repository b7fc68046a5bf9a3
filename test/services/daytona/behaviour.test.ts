import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { Daytona } from "effect-sandboxes/daytona"
import { EmbeddedDaytona } from "effect-sandboxes/embedded/daytona"
import { NodeTransport } from "effect-sandboxes/node"
import { daytonaBehaviour } from "../../behaviour/daytona.js"

const apiKey = "a-key"
const server = { auth: { apiKeys: [apiKey] }, durations: "20 millis" } as const

daytonaBehaviour("the embedded Daytona in memory", {
  verbose: false,
  services: Daytona.layer({ apiUrl: "http://daytona.test/api", apiKey: Redacted.make(apiKey) }).pipe(
    Layer.provide(EmbeddedDaytona.layerHttpClient(server))
  )
})

const onAPort = Layer.unwrapEffect(
  Effect.map(EmbeddedDaytona, ({ url }) =>
    Daytona.layer({ apiUrl: `${Option.getOrThrow(url)}/api`, apiKey: Redacted.make(apiKey) })
  )
).pipe(Layer.provide(EmbeddedDaytona.layerServer(server)))

for (const [name, transport] of [
  ["undici", NodeTransport.layer],
  ["fetch", FetchHttpClient.layer],
  ["node:http", NodeHttpClient.layer]
] as const) {
  daytonaBehaviour(`the embedded Daytona on a port, over ${name}`, {
    verbose: false,
    services: Layer.provide(onAPort, transport)
  })
}
