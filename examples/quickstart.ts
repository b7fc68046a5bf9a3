/**
 * A run, a stream, a job, a conversation and an agent. Without `STROMBOLI_URL`, it starts an embedded server and
 * connects to it over HTTP. With it, it connects to yours.
 *
 *     npm run quickstart
 *     STROMBOLI_URL=http://localhost:8585 STROMBOLI_TOKEN=… npm run quickstart
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Claude, EmbeddedStromboli } from "effect-sandboxes/embedded/stromboli"
import { NodeTransport } from "effect-sandboxes/node"
import { Agents, Execution, Jobs, Session, Stromboli, System } from "effect-sandboxes/stromboli"

const heading = (text: string) => Console.log(`\n── ${text}`)

const program = Effect.gen(function* () {
  const health = yield* (yield* System).health
  yield* Console.log(`Stromboli ${health.version} is ${health.status}.`)

  const execution = yield* Execution

  yield* heading("A run")
  const run = yield* execution.run({ prompt: "Write a haiku about types" })
  yield* Console.log(run._tag === "Completed" ? run.output : `It crashed: ${run.crash.reason ?? "no reason given"}`)

  yield* heading("Output decoded with a schema")
  const City = Schema.Struct({ name: Schema.String, inhabitants: Schema.Int })
  const { value } = yield* execution.runStructured(City, { prompt: "Name a city and how many people live there" })
  yield* Console.log(`${value.name}: ${value.inhabitants}`)

  yield* heading("A stream, line by line")
  yield* execution
    .stream({ prompt: "Count to 5" })
    .pipe(
      Stream.runForEach((event) =>
        event._tag === "Output" ? Console.log(event.line) : Console.log(`(${event._tag.toLowerCase()})`)
      )
    )

  yield* heading("A job in the background")
  const started = yield* execution.runAsync({ prompt: "Count to 3" })
  yield* Console.log(`${started.jobId} is running …`)
  const job = yield* (yield* Jobs).await(started)
  yield* Console.log(`… and ${job.status}:\n${job.output ?? job.error ?? ""}`)

  yield* heading("A conversation")
  const session = yield* Session.make({ destroyOnClose: true })
  yield* session.run({ prompt: "My name is Alice and I write TypeScript." })
  const answer = yield* session.run({ prompt: "What is my name?" })
  yield* Console.log(answer.output)
  yield* Console.log(`(${yield* Stream.runCount(session.messages)} messages in its history)`)

  yield* heading("An agent")
  const agents = yield* Agents
  const conversation = yield* agents.converse({})
  for (const prompt of ["Hello!", "Count to 3"]) {
    const { text } = yield* conversation.askResult(prompt)
    yield* Console.log(`> ${prompt}\n${text}`)
  }
}).pipe(Effect.scoped)

const embedded = Layer.unwrapScoped(
  Effect.gen(function* () {
    const { url } = yield* EmbeddedStromboli
    const { description } = yield* Claude
    const baseUrl = Option.getOrElse(url, () => "http://127.0.0.1")
    yield* Console.log(`An embedded Stromboli listens on ${baseUrl}; ${description} answers.`)
    return Stromboli.layer({ baseUrl })
  })
).pipe(Layer.provide(EmbeddedStromboli.layerServer()), Layer.provide(Claude.layerDefault))

Effect.gen(function* () {
  const url = yield* Config.option(Config.nonEmptyString("STROMBOLI_URL"))
  if (Option.isSome(url)) yield* Effect.provide(program, Stromboli.layerConfig())
  else yield* Effect.provide(program, embedded)
}).pipe(Effect.provide(NodeTransport.layer), NodeRuntime.runMain)
