/** What users compose in workflows of their own: conversations, approvals, commands, and runs beside each other. */

import { describe, expect, it } from "@effect/vitest"
import * as Workflow from "@effect/workflow/Workflow"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Fault, type Run, Script } from "../../src/embedded/stromboli/index.js"
import {
  Approval,
  ApprovalMissing,
  DurableCommand,
  DurableConversation,
  DurableRun,
  DurableSandbox,
  type RunOutcome
} from "../../src/workflow/index.js"
import { daytona, lines as daytonaLines, inject as injectDaytona } from "../support/daytonaOver.js"
import { agent, engine, untilDone } from "../support/durable.js"
import { after, inject, services } from "../support/embedded.js"

/** A workflow of one test, that does this. */
const running = <A, E, R>(body: Effect.Effect<A, E, R>) => {
  const workflow = Workflow.make({
    name: "Composed",
    payload: { id: Schema.String },
    idempotencyKey: ({ id }) => id,
    success: Schema.Unknown,
    error: Schema.Unknown
  })
  const layer = workflow.toLayer(() => body)
  return { layer, execute: workflow.execute({ id: "a" }), start: workflow.execute({ id: "a" }, { discard: true }) }
}

const textOf = ({ answer }: RunOutcome.RunOutcome) => (answer._tag === "Stored" ? answer.text : "")

describe("a conversation in a workflow", () => {
  const answering: Run = (input) =>
    Stream.concat(after("20 seconds"), Script.replies(input, `answer ${input.history.length / 2 + 1}`))

  const talking = (...prompts: ReadonlyArray<string>) =>
    Effect.gen(function* () {
      const conversation = yield* DurableConversation.make({ name: "talk" })
      return yield* Effect.forEach(prompts, (prompt) => conversation.run({ prompt }))
    })

  it.effect("continues in the same session, turn after turn", () => {
    const { billed, run } = agent(answering)
    const { execute, layer } = running(
      Effect.map(talking("Plan it", "Do it", "Test it"), (turns) => ({
        texts: turns.map(textOf),
        sessions: new Set(turns.map(({ sessionId }) => sessionId)).size
      }))
    )
    return Effect.gen(function* () {
      expect(yield* untilDone(execute)).toEqual({ texts: ["answer 1", "answer 2", "answer 3"], sessions: 1 })
      expect(billed).toEqual(["Plan it", "Do it", "Test it"])
    }).pipe(Effect.provide(Layer.provideMerge(layer, Layer.provideMerge(engine, services({ run })))))
  })

  it.effect("may say the same twice", () => {
    const { billed, run } = agent(answering)
    const { execute, layer } = running(Effect.map(talking("Go on", "Go on", "Go on"), (turns) => turns.map(textOf)))
    return Effect.gen(function* () {
      expect(yield* untilDone(execute)).toEqual(["answer 1", "answer 2", "answer 3"])
      expect(billed).toHaveLength(3)
    }).pipe(Effect.provide(Layer.provideMerge(layer, Layer.provideMerge(engine, services({ run })))))
  })

  it.effect("finds a turn that was sent, and whose answer was lost", () => {
    const { billed, run } = agent(answering)
    const { execute, layer } = running(Effect.map(talking("Plan it", "Do it"), (turns) => turns.map(textOf)))
    return Effect.gen(function* () {
      yield* inject({ method: "POST", path: "/run/async", fault: Fault.resetAfterRequest, skip: 1 })
      expect(yield* untilDone(execute)).toEqual(["answer 1", "answer 2"])
      expect(billed).toEqual(["Plan it", "Do it"])
    }).pipe(Effect.provide(Layer.provideMerge(layer, Layer.provideMerge(engine, services({ run })))))
  })

  it.effect("says that a turn has begun which the server has forgotten, and pays for nothing", () => {
    const { billed, run } = agent(answering)
    const { execute, layer } = running(talking("Plan it", "Do it"))
    return Effect.gen(function* () {
      yield* inject({ method: "POST", path: "/run/async", fault: Fault.resetAfterRequest, skip: 1 })
      // The first list is that of the first turn, which starts with a key.
      yield* inject({
        method: "GET",
        path: "/jobs",
        fault: Fault.replaceBody('{"jobs":[]}', "application/json"),
        times: Number.POSITIVE_INFINITY,
        skip: 3
      })
      expect(yield* untilDone(Effect.flip(execute))).toMatchObject({ _tag: "RunForgotten" })
      expect(billed).toEqual(["Plan it", "Do it"])
    }).pipe(Effect.provide(Layer.provideMerge(layer, Layer.provideMerge(engine, services({ run })))))
  })
})

describe("an approval", () => {
  const asking = (deadline: "1 hour" | "30 days" = "30 days") => {
    const tokens: Array<string> = []
    const body = Approval.request({
      name: "deploy",
      ask: (token) => Effect.sync(() => tokens.push(token)),
      failure: Schema.Never,
      deadline
    })
    return { ...running(body), tokens }
  }

  it.effect("waits for days, and for the first decision, which counts", () => {
    const { execute, layer, start, tokens } = asking()
    return Effect.gen(function* () {
      yield* start
      yield* untilDone(Effect.sleep("1 second"))
      yield* TestClock.adjust("5 days")
      expect(tokens).toHaveLength(1)
      const [token = ""] = tokens
      yield* Approval.decide(token, { approved: true, by: "Ada", comment: "but not on a Friday" })
      yield* Approval.decide(token, { approved: false })
      expect(yield* untilDone(execute)).toEqual({ approved: true, by: "Ada", comment: "but not on a Friday" })
      expect(tokens).toHaveLength(1)
    }).pipe(Effect.provide(Layer.provideMerge(layer, engine)))
  })

  it.effect("is missing after its deadline, and a decision after that changes nothing", () => {
    const { execute, layer, start, tokens } = asking("1 hour")
    return Effect.gen(function* () {
      yield* start
      expect(yield* untilDone(Effect.flip(execute))).toBeInstanceOf(ApprovalMissing)
      yield* Approval.decide(tokens[0] ?? "", { approved: true })
      expect(yield* untilDone(Effect.flip(execute))).toMatchObject({ name: "deploy" })
    }).pipe(Effect.provide(Layer.provideMerge(layer, engine)))
  })

  it.effect("is refused a token of something else, and what is no decision", () =>
    Effect.gen(function* () {
      for (const token of ["", "abc", "WyJ3YWtlIiwiYSIsImIiLCJjIl0"]) {
        expect(yield* Effect.flip(Approval.decide(token, { approved: true }))).toMatchObject({ _tag: "InvalidToken" })
      }
      const odd: { readonly approved: boolean } = JSON.parse('{"approved":"yes"}')
      expect(yield* Effect.flip(Approval.decide("abc", odd))).toMatchObject({
        _tag: "InvalidRequest",
        field: "decision.approved"
      })
    }).pipe(Effect.provide(engine))
  )
})

describe("a command in a workflow", () => {
  const setup = <A, E, R>(body: Effect.Effect<A, E, R>) => {
    const { execute, layer } = running(body)
    return {
      execute,
      live: Layer.provideMerge(layer, Layer.provideMerge(engine, daytona({ client: { application: "test" } })))
    }
  }

  it.effect("runs once in the sandbox of the workflow, which is then deleted", () => {
    const { execute, live } = setup(
      Effect.gen(function* () {
        const sandbox = yield* DurableSandbox.make({ name: "box", sandbox: { wantedFor: "1 hour" } })
        return yield* DurableCommand.execute({ name: "greet", sandbox, command: "echo hello; exit 3" })
      })
    )
    return Effect.gen(function* () {
      expect(yield* untilDone(execute)).toEqual({ exitCode: 3, stdout: "hello\n", stderr: "", truncated: false })
      expect((yield* daytonaLines).filter((line) => /^DELETE \/api\/sandbox\/[^/]+$/.test(line))).toHaveLength(1)
    }).pipe(Effect.provide(live))
  })

  it.effect("stores the end of a long output", () => {
    const { execute, live } = setup(
      Effect.gen(function* () {
        const sandbox = yield* DurableSandbox.make({ name: "box" })
        return yield* DurableCommand.execute({ name: "count", sandbox, command: "seq 1 1000", mostStored: 9 })
      })
    )
    return Effect.gen(function* () {
      expect(yield* untilDone(execute)).toMatchObject({ stdout: "999\n1000\n", truncated: true })
    }).pipe(Effect.provide(live))
  })

  it.effect("waits for a server that is down", () => {
    const { execute, live } = setup(
      Effect.gen(function* () {
        const sandbox = yield* DurableSandbox.make({ name: "box" })
        return yield* DurableCommand.execute({ name: "greet", sandbox, command: "echo hello" })
      })
    )
    return Effect.gen(function* () {
      yield* injectDaytona({ fault: Fault.refuseConnection, times: 20 })
      expect(yield* untilDone(execute)).toMatchObject({ exitCode: 0, stdout: "hello\n" })
    }).pipe(Effect.provide(live))
  })

  it.effect("and its sandbox fail with a type", () => {
    const { execute, live } = setup(DurableSandbox.make({ name: "box", sandbox: { snapshot: "unknown" } }))
    return Effect.gen(function* () {
      expect(yield* untilDone(Effect.flip(execute))).toMatchObject({ _tag: "BadRequest" })
    }).pipe(Effect.provide(live))
  })
})

describe("the options of steps", () => {
  it.effect("are refused with the name of the field, before anything is sent", () => {
    const { billed, run } = agent()
    const { execute, layer } = running(
      Effect.map(
        Effect.all([
          Effect.flip(DurableRun.run({ name: "", prompt: "x" })),
          Effect.flip(DurableRun.run({ name: "n".repeat(201), prompt: "x" })),
          Effect.flip(DurableConversation.make({ name: "" }))
        ]),
        (errors) => errors.map((error) => ("field" in error ? error.field : error._tag))
      )
    )
    return Effect.gen(function* () {
      expect(yield* untilDone(execute)).toEqual(["name", "name", "name"])
      expect(billed).toHaveLength(0)
    }).pipe(Effect.provide(Layer.provideMerge(layer, Layer.provideMerge(engine, services({ run })))))
  })
})
