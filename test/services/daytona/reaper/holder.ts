/** A process that holds sandboxes, to be killed. */
import * as Effect from "effect/Effect"
import { Sandboxes } from "../../../../src/daytona.js"
import { layer as nodeTransport } from "../../../../src/node/NodeTransport.js"
import { daytonaOver } from "../../../support/daytonaOver.js"

const [apiUrl = "", count = ""] = process.argv.slice(2)

const program = Effect.gen(function* () {
  const sandboxes = yield* Sandboxes
  yield* Effect.forEach(
    Array.from({ length: Number(count) }, () => ({ wantedFor: "1 second" }) as const),
    (sandbox) => sandboxes.scoped(sandbox),
    { concurrency: 4 }
  )
  yield* Effect.sync(() => process.stdout.write("holding\n"))
  return yield* Effect.never
})

await program.pipe(
  Effect.scoped,
  Effect.provide(daytonaOver(nodeTransport, { apiUrl, application: "shop" })),
  Effect.runPromise
)
