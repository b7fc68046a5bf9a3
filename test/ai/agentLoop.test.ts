/** Agents that work with the tools: what a model sees of them, and that a loop ends whatever happens. */
import * as Chat from "@effect/ai/Chat"
import * as LanguageModel from "@effect/ai/LanguageModel"
import type * as Response from "@effect/ai/Response"
import * as Toolkit from "@effect/ai/Toolkit"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { SandboxToolkit } from "../../src/ai/index.js"
import { Process, Sandbox } from "../../src/daytona.js"
import { EmbeddedDaytona, Fault } from "../../src/embedded/daytona/index.js"
import { alive, daytona } from "../support/daytonaOver.js"
import { tools } from "../support/sandboxTools.js"

type Parts = ReadonlyArray<Response.PartEncoded>

const finish = (reason: "stop" | "tool-calls"): Response.PartEncoded => ({
  type: "finish",
  reason,
  usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 }
})

const toolCall = (id: string, name: string, params: unknown): Response.PartEncoded => ({
  type: "tool-call",
  id,
  name,
  params
})

/** A model that says these things in turn, and notes what it is sent. */
const scripted = (turns: ReadonlyArray<Parts>, before: (turn: number) => Effect.Effect<void> = () => Effect.void) => {
  const prompts: Array<LanguageModel.ProviderOptions> = []
  const service = LanguageModel.make({
    generateText: (options) =>
      Effect.gen(function* () {
        const turn = prompts.length
        prompts.push(options)
        yield* before(turn)
        return [...(turns[turn] ?? [{ type: "text", text: "done" }, finish("stop")])]
      }),
    streamText: () => Stream.empty
  })
  return { prompts, layer: Layer.effect(LanguageModel.LanguageModel, service) }
}

const toolkit = Toolkit.merge(SandboxToolkit.commands, SandboxToolkit.files, SandboxToolkit.python)

/** Until the model calls no more tools. */
const agent = (prompt: string) =>
  Effect.gen(function* () {
    const chat = yield* Chat.empty
    const results: Array<{ readonly name: string; readonly isFailure: boolean; readonly result: unknown }> = []
    let response = yield* chat.generateText({ prompt, toolkit })
    while (response.toolCalls.length > 0) {
      results.push(...response.toolResults)
      response = yield* chat.generateText({ prompt: [], toolkit })
    }
    return { text: response.text, results }
  })

describe("an agent", () => {
  it.live("goes on after arguments that do not decode: they are answered, and run nothing else twice", () =>
    Effect.gen(function* () {
      const model = scripted([
        [
          toolCall("1", "run_command", { command: "echo once >> ran" }),
          toolCall("2", "run_command", { command: ["not", "text"] }),
          toolCall("3", "read_file", { path: "ran", firstLine: "1" }),
          finish("tool-calls")
        ]
      ])
      const { results, text } = yield* agent("go").pipe(Effect.provide(model.layer))
      expect(text).toBe("done")
      expect(results.map(({ isFailure, result }) => [isFailure, result])).toMatchObject([
        [false, { exitCode: 0 }],
        [true, { _tag: "InvalidArguments", argument: "command" }],
        [true, { _tag: "InvalidArguments", argument: "firstLine" }]
      ])
      // What the model has said is what it is sent as its history, with the failures marked as such.
      expect(JSON.stringify(model.prompts[1]?.prompt)).toContain('"params":{"command":["not","text"]}')
      expect(JSON.stringify(model.prompts[1]?.prompt)).toMatch(/"isFailure":true,"result":\{[^}]*"InvalidArguments"/)
      const { stdout } = yield* Effect.flatMap(Process, (process) => process.execute("cat ran"))
      expect(stdout).toBe("once\n")
    }).pipe(Effect.provide(tools()))
  )

  it.live("of 50 calls, with a fault in every fifth one, comes to its end, and leaves nothing", () =>
    Effect.gen(function* () {
      const kinds = [
        (n: number) => toolCall(`${n}`, "run_command", { command: `echo ${n} > f${n}; cat f${n}` }),
        (n: number) => toolCall(`${n}`, "write_file", { path: `g${n}`, content: `${n}\n` }),
        (n: number) => toolCall(`${n}`, "run_python", { code: `print(${n})` }),
        (n: number) => toolCall(`${n}`, "search_files", { text: `${n}` }),
        (n: number) => toolCall(`${n}`, "list_directory", {})
      ]
      const faults = [
        Fault.status(429),
        Fault.resetAfterRequest,
        Fault.status(503),
        Fault.refuseConnection,
        Fault.truncatedJson
      ]
      const turns = Array.from({ length: 50 }, (_, index): Parts => {
        // A fault meets every kind of call.
        const kind = kinds[(index + Math.floor(index / 5)) % kinds.length]
        return [kind?.(index + 1) ?? finish("stop"), finish("tool-calls")]
      })
      const server = yield* EmbeddedDaytona
      const model = scripted(turns, (turn) => {
        const fault = faults[Math.floor(turn / 5) % faults.length]
        return turn % 5 === 4 && fault !== undefined ? server.faults.inject({ fault }) : Effect.void
      })
      const { results, text } = yield* agent("go").pipe(
        Effect.ensuring(server.faults.clear),
        Effect.provide(model.layer),
        Effect.provide(SandboxToolkit.layer()),
        Effect.provide(Sandbox.layer())
      )
      expect(text).toBe("done")
      expect(results).toHaveLength(50)
      expect(yield* server.faults.pending).toEqual([])
      const failures = results.flatMap(({ isFailure, result }, index) => (isFailure ? [{ index, result }] : []))
      // A fault fails its own call at most, as one of the sandbox, and no other.
      for (const { index, result } of failures) {
        expect([index % 5, result]).toMatchObject([4, { _tag: "SandboxFailed" }])
      }
      expect(failures.length).toBeGreaterThan(4)
      expect((yield* alive).filter(({ desiredState }) => desiredState !== "destroyed")).toEqual([])
    }).pipe(Effect.provide(daytona({ server: { durations: 0 }, client: { retry: false } })))
  )
})
