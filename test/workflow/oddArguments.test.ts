/** Values that no type would let through, at every argument and option: a program without types passes them. */
import { describe, expect, it } from "@effect/vitest"
import * as Workflow from "@effect/workflow/Workflow"
import * as WorkflowEngine from "@effect/workflow/WorkflowEngine"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import {
  AgentRuns,
  Approval,
  DurableCommand,
  DurableConversation,
  DurableRun,
  DurableSandbox,
  RunOutcome
} from "../../src/workflow/index.js"
import { daytona, lines as daytonaLines } from "../support/daytonaOver.js"
import { agentRuns } from "../support/durable.js"

const odd: ReadonlyArray<unknown> = [null, Number.NaN, [], () => undefined, Symbol("odd"), -1, { odd: true }]

const isRunnable = (value: unknown): value is Effect.Effect<unknown, unknown> => Effect.isEffect(value)

const call = (run: unknown, ...given: ReadonlyArray<unknown>): Effect.Effect<unknown, unknown> => {
  const result: unknown = typeof run === "function" ? Reflect.apply(run, undefined, given) : undefined
  return isRunnable(result) ? result : Effect.dieMessage("no effect")
}

const request = { key: "odd", prompt: "x" }
const sandbox = { id: "box" }

/** By the field that is replaced; `""`: all options. */
const arguments_ = (
  runs: AgentRuns.Service
): ReadonlyArray<readonly [name: string, (value: unknown) => Effect.Effect<unknown, unknown>]> => [
  ["submit", (value) => call(runs.submit, value)],
  ...["key", "prompt", "answer", "claude", "podman", "deadline", "polls", "policy", "mostStored", "workdir"].map(
    (field) => [`submit ${field}`, (value: unknown) => call(runs.submit, { ...request, [field]: value })] as const
  ),
  ["result", (value) => call(runs.result, value)],
  ["progress", (value) => call(runs.progress, value)],
  ["cancel", (value) => call(runs.cancel, value)],
  ["wake", (value) => call(DurableRun.wake, value)],
  ["decide token", (value) => call(Approval.decide, value, { approved: true })],
  ["decide", (value) => call(Approval.decide, "abc", value)],
  ["request", (value) => call(Approval.request, value)],
  ["run", (value) => call(DurableRun.run, value)],
  ["run name", (value) => call(DurableRun.run, { name: value, prompt: "x" })],
  ["make", (value) => call(DurableConversation.make, value)],
  ["sandbox", (value) => call(DurableSandbox.make, value)],
  ["sandbox name", (value) => call(DurableSandbox.make, { name: value })],
  ["sandbox sandbox", (value) => call(DurableSandbox.make, { name: "a", sandbox: { key: value } })],
  ["command", (value) => call(DurableCommand.execute, value)],
  ["command sandbox", (value) => call(DurableCommand.execute, { name: "a", sandbox: value, command: "x" })],
  ["command command", (value) => call(DurableCommand.execute, { name: "a", sandbox, command: value })],
  ["text", (value) => call(RunOutcome.text, value)],
  ["value", (value) => call(RunOutcome.value, value, {})]
]

const workflow = Workflow.make({ name: "Odd", payload: {}, idempotencyKey: () => "" })

describe("an odd argument", () => {
  it.effect("is refused with a type, or means nothing, and no sandbox is asked for", () =>
    Effect.gen(function* () {
      const runs = yield* AgentRuns
      const context = yield* Effect.context<AgentRuns>()
      for (const [name, run] of arguments_(runs)) {
        for (const value of odd) {
          const exit = yield* Effect.exit(Effect.provide(run(value), context))
          const shown = `${name} ${String(value)}`
          if (Exit.isSuccess(exit)) {
            // What is optional may be of any kind that has nothing in it.
            expect(
              ["submit claude", "submit podman", "submit polls", "submit policy", "submit mostStored"],
              shown
            ).toContain(name)
            continue
          }
          expect(Cause.isDie(exit.cause), `${shown}: ${Cause.pretty(exit.cause)}`).toBe(false)
          const failure = Cause.squash(exit.cause)
          expect(["InvalidRequest", "InvalidToken", "RunRequestConflict"], `${shown}: ${String(failure)}`).toContain(
            typeof failure === "object" && failure !== null ? Reflect.get(failure, "_tag") : failure
          )
        }
      }
      expect(yield* daytonaLines).toEqual([])
    }).pipe(
      Effect.provideService(WorkflowEngine.WorkflowInstance, WorkflowEngine.WorkflowInstance.initial(workflow, "odd")),
      Effect.provide(
        Layer.merge(Layer.provideMerge(AgentRuns.layer, agentRuns()), daytona({ client: { application: "test" } }))
      )
    )
  )
})
