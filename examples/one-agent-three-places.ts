/**
 * One agent, three places: the program says what Claude is to do, and a layer says where.
 *
 *     npx tsx examples/one-agent-three-places.ts here         # this machine, with its own `claude`
 *     DAYTONA_API_KEY=… ANTHROPIC_API_KEY=… npx tsx examples/one-agent-three-places.ts sandbox
 *     STROMBOLI_URL=http://localhost:8585 npx tsx examples/one-agent-three-places.ts stromboli
 */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { addClaudeCode, ClaudeCode, layerCommand, layerSandbox, layerStromboli } from "effect-sandboxes/claude-code"
import { Daytona, Image, Sandbox } from "effect-sandboxes/daytona"
import { NodeTransport } from "effect-sandboxes/node"
import { Stromboli } from "effect-sandboxes/stromboli"

/** The agent. It does not know where it runs. */
const agent = Effect.gen(function* () {
  const claude = yield* ClaudeCode
  const conversation = yield* claude.converse({ permissionMode: "acceptEdits", maxBudgetUsd: 1 })
  const plan = yield* conversation.ask("What in this directory would you improve first?")
  yield* Console.log(plan.text)
  const change = yield* conversation.ask("Do that, in as few lines as you can.")
  yield* Console.log(change.text)
  const { costUsd, turns } = yield* conversation.spent
  yield* Console.log(`${turns} turns, ${costUsd} dollars`)
}).pipe(Effect.scoped)

const here = layerCommand().pipe(Layer.provide(NodeContext.layer))

const sandbox = Layer.unwrapEffect(
  Effect.map(Config.redacted("ANTHROPIC_API_KEY"), (apiKey) => layerSandbox({ apiKey }))
).pipe(
  Layer.provide(Sandbox.layer({ image: Image.base("node:22").pipe(addClaudeCode("2.1.332")) })),
  Layer.provide(Daytona.layerConfig()),
  Layer.provide(NodeTransport.layer)
)

const stromboli = layerStromboli().pipe(Layer.provide(Stromboli.layerConfig()), Layer.provide(NodeTransport.layer))

const places: Readonly<Record<string, Layer.Layer<ClaudeCode, unknown>>> = { here, sandbox, stromboli }

const [name = "here"] = process.argv.slice(2)
const place = places[name]

const program: Effect.Effect<void, unknown> =
  place === undefined
    ? Effect.fail(`no place "${name}": there are ${Object.keys(places).join(", ")}`)
    : Effect.provide(agent, place)

NodeRuntime.runMain(program)
