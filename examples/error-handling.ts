/**
 * Typed errors: each method's type lists its errors, and each error says what to do.
 *
 *     STROMBOLI_URL=http://localhost:8585 npx tsx examples/error-handling.ts
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { NodeTransport } from "effect-sandboxes/node"
import { Execution, JobId, Jobs, Stromboli, withRequestOptions } from "effect-sandboxes/stromboli"

const lookUp = Effect.gen(function* () {
  const job = yield* (yield* Jobs).get(JobId.make("job-0000000000000000"))
  return job.status
}).pipe(Effect.catchTag("NotFound", (error) => Effect.succeed(`no such job: ${error.detail}`)))

// Fails before anything is sent, and names the field.
const invalid = Effect.gen(function* () {
  return (yield* (yield* Execution).run({ prompt: "", claude: { resume: true } })).output
}).pipe(Effect.catchTag("InvalidRequest", (error) => Effect.succeed(`refused before sending: ${error.field}`)))

const paid = Effect.gen(function* () {
  const run = yield* (yield* Execution).run({ prompt: "Write a haiku about errors" })
  // A response does not mean that the container survived.
  return run._tag === "Crashed" ? `crashed with exit code ${run.crash.exitCode}` : run.output
}).pipe(
  withRequestOptions({ deadline: "5 minutes" }),
  Effect.catchTags({
    Unauthorized: () => Effect.succeed("set STROMBOLI_TOKEN"),
    RateLimited: (error) => Effect.succeed(`wait ${Duration.format(error.retryAfter ?? "1 second")}`),
    // `admitted` tells whether the run may have started, so that retrying it could cost twice.
    TransportError: (error) => Effect.succeed(error.admitted === "no" ? "safe to retry" : "check before retrying")
  }),
  Effect.catchAll((error) => Effect.succeed(`${error.code} (${error._tag}): ${error.message}`))
)

const program = Effect.gen(function* () {
  yield* Console.log(yield* lookUp)
  yield* Console.log(yield* invalid)
  yield* Console.log(yield* paid)
})

program.pipe(Effect.provide(Stromboli.layerConfig()), Effect.provide(NodeTransport.layer), NodeRuntime.runMain)
