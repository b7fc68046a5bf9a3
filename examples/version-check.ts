/**
 * Checks that the server is compatible with this SDK.
 *
 *     STROMBOLI_URL=http://localhost:8585 npx tsx examples/version-check.ts
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { NodeTransport } from "effect-sandboxes/node"
import { Compatibility, Stromboli, System } from "effect-sandboxes/stromboli"

const program = Effect.gen(function* () {
  yield* Console.log(
    `SDK ${Compatibility.sdkVersion}, for API ${Compatibility.apiVersion}, servers ${Compatibility.supportedRange}`
  )

  const health = yield* (yield* System).health
  for (const { name, status, error } of health.components ?? []) {
    yield* Console.log(`  ${name}: ${status}${error === undefined ? "" : ` (${error})`}`)
  }

  const { status, message } = Compatibility.check(health.version)
  yield* Console.log(`${status}: ${message}`)

  // Fail fast: the rest runs only against a compatible server. `Stromboli.layerCompatible` does this for a layer.
  yield* Compatibility.requireServer
}).pipe(Effect.catchTag("IncompatibleServer", (error) => Console.error(error.message)))

program.pipe(Effect.provide(Stromboli.layerConfig()), Effect.provide(NodeTransport.layer), NodeRuntime.runMain)
