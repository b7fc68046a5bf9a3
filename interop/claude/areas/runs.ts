/** Runs that are waited for, in the three formats of the CLI. */
import * as Effect from "effect/Effect"
import { ClaudeMessage, Execution } from "effect-sandboxes/stromboli"
import { Recordings } from "../cli/Recordings.js"
import { expect, expectEqual } from "../expect.js"
import { Model } from "../model/Model.js"
import { says, tokens } from "../model/Reply.js"
import type { Area } from "./Area.js"

const prompt = "Greet me."
const greeting = "Good morning to you."

const run = (outputFormat: "text" | "json" | "stream-json") =>
  Effect.gen(function* () {
    const model = yield* Model
    yield* model.follow({ [prompt]: () => Effect.succeed(says(greeting)) })
    const execution = yield* Execution
    const result = yield* execution.run({ prompt, claude: { outputFormat, verbose: outputFormat === "stream-json" } })
    yield* expectEqual("the run", result._tag, "Completed")
    yield* expect(result.output.includes(greeting), `the greeting is missing in: ${result.output.slice(0, 300)}`)
    return result
  })

export const runAsText: Area = {
  name: "run, text",
  drive: Effect.flatMap(run("text"), ({ output }) => expectEqual("the output", output, greeting))
}

export const runAsJson: Area = { name: "run, json", prints: ["result/success"], drive: run("json") }

export const runAsStreamJson: Area = {
  name: "run, stream-json",
  prints: ["system/init", "assistant", "result/success"],
  drive: run("stream-json")
}

/** In every format: the server reads the transcript of the CLI, not its output. */
export const usage: Area = {
  name: "usage",
  drive: Effect.flatMap(run("text"), ({ usage }) =>
    expectEqual("tokens", [usage?.inputTokens, usage?.outputTokens], [tokens.input, tokens.output])
  )
}

/** A prompt that begins with a dash is still a prompt. */
export const dashedPrompt: Area = {
  name: "prompt, dash",
  drive: Effect.gen(function* () {
    const model = yield* Model
    const dashed = "--version is what I ask for."
    yield* model.follow({ [dashed]: () => Effect.succeed(says(greeting)) })
    const execution = yield* Execution
    const { output } = yield* execution.run({ prompt: dashed })
    yield* expectEqual("the output", output, greeting)
  })
}

/** The second folder must not become a part of the prompt. */
export const pluginFolders: Area = {
  name: "plugin folders",
  drive: Effect.gen(function* () {
    const model = yield* Model
    const recordings = yield* Recordings
    yield* model.follow({ [prompt]: () => Effect.succeed(says(greeting)) })
    const execution = yield* Execution
    yield* execution.run({ prompt, claude: { pluginDirs: ["first", "second"] } })
    const args = (yield* recordings.all).at(-1)?.args ?? []
    const folders = args.filter((_, index) => args[index - 1] === "--plugin-dir")
    yield* expectEqual("the folders", folders, ["first", "second"])
  })
}

/** The CLI says in its first line which mode it works in; `manual` is its newer name for `default`. */
export const permissionModes: Area = {
  name: "permission modes",
  since: "2.1.0",
  drive: Effect.gen(function* () {
    const model = yield* Model
    yield* model.follow({ [prompt]: () => Effect.succeed(says(greeting)) })
    const execution = yield* Execution
    const actual = yield* Effect.forEach(["auto", "dontAsk", "manual"], (permissionMode) =>
      Effect.map(
        execution.run({ prompt, claude: { permissionMode, outputFormat: "stream-json", verbose: true } }),
        ({ output }) =>
          output.split("\n").flatMap((line) => {
            const message = ClaudeMessage.fromLine(line)
            return message._tag === "System" && message.subtype === "init" ? [message.permissionMode] : []
          })[0]
      )
    )
    yield* expectEqual("the modes", actual, ["auto", "dontAsk", "default"])
  })
}
