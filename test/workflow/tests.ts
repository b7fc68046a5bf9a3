/** A workflow as users write it: a sandbox, a command in it, and an agent that looks at the output. */
import * as Workflow from "@effect/workflow/Workflow"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { DurableCommand, DurableRun, DurableSandbox } from "../../src/workflow/index.js"

export const Tests = Workflow.make({
  name: "Tests",
  payload: { commit: Schema.String },
  idempotencyKey: ({ commit }) => commit,
  success: Schema.Struct({ exitCode: Schema.Number, stdout: Schema.String, text: Schema.String }),
  error: Schema.Union(DurableSandbox.SandboxError, DurableCommand.CommandError, DurableRun.RunError)
})

const polls = { first: "300 millis", factor: 1, most: "300 millis" } as const

export const testsLayer = Tests.toLayer(({ commit }) =>
  Effect.gen(function* () {
    const sandbox = yield* DurableSandbox.make({ name: "sandbox", sandbox: { wantedFor: "1 hour" } })
    const { exitCode, stdout } = yield* DurableCommand.execute({
      name: "command",
      sandbox,
      // Each time that it runs, it leaves another line.
      command: `echo ${commit} >> ran; cat ran`,
      polls
    })
    const { answer } = yield* DurableRun.run({ name: "agent", prompt: "Look at the output", polls })
    return { exitCode, stdout, text: answer._tag === "Stored" ? answer.text : "" }
  })
)
