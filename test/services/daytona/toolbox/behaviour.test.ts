import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { Daytona } from "effect-sandboxes/daytona"
import { EmbeddedDaytona } from "effect-sandboxes/embedded/daytona"
import { NodeTransport } from "effect-sandboxes/node"
import { sandboxBehaviour } from "../../../behaviour/sandbox.js"

const apiKey = "a-key"

const server = { auth: { apiKeys: [apiKey] }, durations: 0 } as const

sandboxBehaviour(
  "an embedded sandbox in memory, with the older daemon",
  Daytona.layer({ apiUrl: "http://daytona.test/api", apiKey: Redacted.make(apiKey) }).pipe(
    Layer.provide(EmbeddedDaytona.layerHttpClient({ ...server, generation: "0.190" }))
  )
)

sandboxBehaviour(
  "an embedded sandbox on a port, with the newer daemon",
  Layer.unwrapEffect(
    Effect.map(EmbeddedDaytona, ({ url }) =>
      Daytona.layer({ apiUrl: `${Option.getOrThrow(url)}/api`, apiKey: Redacted.make(apiKey) })
    )
  ).pipe(Layer.provide(NodeTransport.layer), Layer.provide(EmbeddedDaytona.layerServer(server)))
)
