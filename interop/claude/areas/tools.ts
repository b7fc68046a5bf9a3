/** Tools that the CLI runs on this machine, and one that it must not run. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Agents, Execution } from "effect-sandboxes/stromboli"
import { expect, expectEqual } from "../expect.js"
import { Model } from "../model/Model.js"
import { says, uses } from "../model/Reply.js"
import type { Area } from "./Area.js"

const note = "Write a note and read it."

export const tools: Area = {
  name: "tools",
  prints: ["assistant", "user", "result/success"],
  drive: Effect.gen(function* () {
    const model = yield* Model
    const steps = [
      uses("Bash", { command: "echo milk > note.txt; pwd", description: "Write a note" }),
      uses("Read", { file_path: "note.txt" })
    ]
    yield* model.follow({ [note]: ({ toolResults }) => Effect.succeed(steps[toolResults] ?? says("Done.")) })
    const agents = yield* Agents
    const conversation = yield* agents.converse({ claude: { dangerouslySkipPermissions: true } })
    const results = yield* conversation
      .ask(note)
      .pipe(
        Stream.runFold([] as ReadonlyArray<{ readonly isError: boolean; readonly text: string }>, (found, event) =>
          event._tag === "Output" && event.message._tag === "User"
            ? [
                ...found,
                ...event.message.content.flatMap((block) =>
                  block._tag === "ToolResult" ? [{ isError: block.isError, text: JSON.stringify(block.content) }] : []
                )
              ]
            : found
        )
      )
    yield* expectEqual(
      "which tools failed",
      results.map(({ isError }) => isError),
      [false, false]
    )
    yield* expect(results[1]?.text.includes("milk") === true, `the note is missing in: ${results[1]?.text}`)
  })
}

export const deniedTool: Area = {
  name: "tool, denied",
  prints: ["result/success"],
  drive: Effect.gen(function* () {
    const model = yield* Model
    yield* model.follow({
      "Delete everything.": ({ toolResults }) =>
        Effect.succeed(
          toolResults === 0 ? uses("Bash", { command: "rm -rf everything", description: "Delete" }) : says("I may not.")
        )
    })
    const agents = yield* Agents
    const conversation = yield* agents.converse({ claude: { permissionMode: "dontAsk" } })
    const result = yield* conversation.askResult("Delete everything.")
    yield* expectEqual("permission denials", result.permissionDenials.length, 1)
  })
}

/** A hook is a command that the CLI runs at some event; here it sees each prompt. */
export const hooks: Area = {
  name: "hooks",
  prints: ["result/success"],
  drive: Effect.gen(function* () {
    const model = yield* Model
    yield* model.follow({ "Hello, hook.": () => Effect.succeed(says("Hello.")) })
    const execution = yield* Execution
    const hook = [{ hooks: [{ type: "command", command: "echo seen" }] }]
    const settings = JSON.stringify({ hooks: { SessionStart: hook, UserPromptSubmit: hook } })
    const { output } = yield* execution.run({
      prompt: "Hello, hook.",
      claude: { settings, outputFormat: "stream-json", verbose: true }
    })
    yield* expect(output.includes("Hello."), "there is no answer")
  })
}
