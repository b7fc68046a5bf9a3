/**
 * A process that asks for the sandbox of a key, and prints its id. The address of the API and the key are arguments.
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { Daytona, Sandboxes } from "../../src/daytona.js"

const [, , apiUrl, key = ""] = process.argv

const ask = Effect.gen(function* () {
  const sandboxes = yield* Sandboxes
  const { id } = yield* sandboxes.getOrCreate({ key })
  yield* Console.log(id)
})

Effect.runFork(
  ask.pipe(
    Effect.provide(Daytona.layer({ apiKey: Redacted.make("dtn_key"), ...(apiUrl === undefined ? {} : { apiUrl }) })),
    Effect.provide(FetchHttpClient.layer)
  )
)
