/**
 * An agent that stays alive between prompts, with its messages as they arrive. It is stopped when the scope closes.
 *
 *     STROMBOLI_URL=http://localhost:8585 npx tsx examples/agent.ts
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { NodeTransport } from "effect-sandboxes/node"
import { Agents, Stromboli } from "effect-sandboxes/stromboli"

const program = Effect.gen(function* () {
  const conversation = yield* (yield* Agents).converse({ claude: { model: "sonnet" } })

  for (const prompt of ["My name is Alice.", "What is my name?"]) {
    yield* Console.log(`> ${prompt}`)
    yield* conversation
      .ask(prompt)
      .pipe(Stream.runForEach((event) => (event._tag === "Output" ? Console.log(event.message._tag) : Effect.void)))
  }
}).pipe(Effect.scoped)

program.pipe(Effect.provide(Stromboli.layerConfig()), Effect.provide(NodeTransport.layer), NodeRuntime.runMain)
