/**
 * Managing access tokens yourself. `Stromboli.layer({ baseUrl, token, clientId })` does all of this automatically, and
 * refreshes the token before it expires.
 *
 *     STROMBOLI_URL=http://localhost:8585 STROMBOLI_TOKEN=… npx tsx examples/authentication.ts
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { NodeTransport } from "effect-sandboxes/node"
import { Auth, Jobs, Stromboli } from "effect-sandboxes/stromboli"

const program = Effect.gen(function* () {
  const auth = yield* Auth

  const tokens = yield* auth.token("my-client-id")
  // A printed token is `<redacted>`.
  yield* Console.log(`Access token ${tokens.accessToken}, valid for ${Duration.format(tokens.expiresIn)}`)

  // All later requests use the new token.
  const { subject, expiresAt } = yield* auth.validate
  yield* Console.log(`Token valid for ${subject} until ${new Date(expiresAt * 1000).toISOString().slice(0, 4)}`)
  yield* Console.log(`${(yield* (yield* Jobs).list).length} jobs`)

  yield* auth.refresh()
  yield* Console.log("Refreshed")

  yield* auth.logout
  yield* (yield* Jobs).list.pipe(
    Effect.zipRight(Console.log("No token needed here")),
    Effect.catchTag("Unauthorized", (error) => Console.log(`Logged out: ${error.detail}`))
  )
})

program.pipe(Effect.provide(Stromboli.layerConfig()), Effect.provide(NodeTransport.layer), NodeRuntime.runMain)
