/**
 * A coding agent: a model gets a sandbox as its tools, and fixes a failing test in it. The sandbox is created by the
 * first call of a tool, and deleted at the end. The model follows a script, so that this needs no key: any other
 * `LanguageModel` takes its place.
 *
 *     npx tsx examples/coding-agent.ts
 */
import * as Chat from "@effect/ai/Chat"
import * as LanguageModel from "@effect/ai/LanguageModel"
import type * as Response from "@effect/ai/Response"
import * as Toolkit from "@effect/ai/Toolkit"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { SandboxToolkit } from "effect-sandboxes/ai"
import { Daytona, Files, Process, Sandbox } from "effect-sandboxes/daytona"
import { EmbeddedDaytona } from "effect-sandboxes/embedded/daytona"

// What the model may do: no servers, no Python, no git, no desktop.
const toolkit = Toolkit.merge(SandboxToolkit.commands, SandboxToolkit.files)

/** Lets a model work on a task until it calls no more tools. */
const agent = (task: string) =>
  Effect.gen(function* () {
    const chat = yield* Chat.fromPrompt([{ role: "system", content: "You fix code. Run the tests before and after." }])
    let response = yield* chat.generateText({ prompt: task, toolkit })
    while (response.toolCalls.length > 0) {
      for (const { isFailure, name, result } of response.toolResults) {
        yield* Console.log(`${isFailure ? "✗" : "✓"} ${name}: ${JSON.stringify(result).slice(0, 100)}`)
      }
      response = yield* chat.generateText({ prompt: [], toolkit })
    }
    return response.text
  })

const program = Effect.gen(function* () {
  const files = yield* Files
  yield* files.writeText("sum.mjs", "export const sum = (numbers) => numbers.reduce((one, other) => one * other, 0)\n")
  yield* files.writeText("check.mjs", 'import { sum } from "./sum.mjs"\nif (sum([1, 2, 3]) !== 6) throw "no sum"\n')
  yield* Console.log(`"${yield* agent("The check in check.mjs fails. Fix what it checks.")}"`)
  const { exitCode } = yield* Effect.flatMap(Process, (process) => process.execute("node check.mjs"))
  yield* Console.log(exitCode === 0 ? "The check passes." : "The check still fails.")
})

// A sandbox of the embedded server: a local directory. `Daytona.layerConfig()` puts it into the cloud instead.
const daytona = Daytona.layer({ apiUrl: "http://daytona.test/api", apiKey: Redacted.make("any-key-will-do") }).pipe(
  Layer.provide(EmbeddedDaytona.layerHttpClient())
)

// The model: what it says in each of its turns.
const says = (name: string, params: object): Response.PartEncoded => ({ type: "tool-call", id: name, name, params })
const script: ReadonlyArray<Response.PartEncoded> = [
  says("run_command", { command: "node check.mjs" }),
  says("read_file", { path: "sum.mjs" }),
  says("edit_file", { path: "sum.mjs", find: "one - other", replacement: "one + other" }),
  says("edit_file", { path: "sum.mjs", find: "one * other", replacement: "one + other" }),
  says("run_command", { command: "node check.mjs" }),
  { type: "text", text: "The sum was a product. It adds now, and the check passes." }
]

const model = Layer.effect(
  LanguageModel.LanguageModel,
  Effect.suspend(() => {
    const turns = [...script]
    return LanguageModel.make({
      generateText: () => Effect.sync(() => turns.splice(0, 1)),
      streamText: () => Stream.empty
    })
  })
)

program.pipe(
  Effect.provide(SandboxToolkit.layer()),
  Effect.provide(Sandbox.layerLazy()),
  Effect.provide([daytona, model]),
  Effect.provide(NodeContext.layer),
  NodeRuntime.runMain
)
