import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { ContextId } from "../../../../../src/schema/daytona/toolbox/Interpreter.js"
import type { CodeInterpreter } from "../../../../../src/services/daytona/toolbox/interpreter/CodeInterpreter.js"
import { frames, lost, type Step } from "../../../../support/scriptedWebSockets.js"
import {
  afterCode,
  completed,
  context,
  frame,
  interpreterOver,
  interrupted,
  readAll,
  regularEnd,
  stdout,
  use
} from "./support.js"

const raised: Step = frames(frame("error", { name: "KeyError", value: "'x'", traceback: "t" }))

/** Runs code against a scripted execution. */
const streamed = (steps: ReadonlyArray<Step>, options?: CodeInterpreter.ExecuteOptions) =>
  use((interpreter) => readAll(interpreter.stream("code", options))).pipe(
    Effect.provide(interpreterOver([afterCode(...steps)]).layer)
  )

const failureOf = (steps: ReadonlyArray<Step>, options?: CodeInterpreter.RunOptions) =>
  use((interpreter) => Effect.flip(interpreter.run("code", options))).pipe(
    Effect.provide(interpreterOver([afterCode(...steps)]).layer)
  )

/** The same, with a pause before the last step. */
const failureAfter = (
  pause: Duration.DurationInput,
  steps: ReadonlyArray<Step>,
  options?: CodeInterpreter.RunOptions
) =>
  Effect.gen(function* () {
    const before = steps.slice(0, -1)
    const fiber = yield* Effect.fork(
      failureOf([...before, { until: Effect.sleep(pause) }, ...steps.slice(-1)], options)
    )
    yield* TestClock.adjust(pause)
    return yield* Fiber.join(fiber)
  })

describe("the request for an execution", () => {
  it.effect("is one message with only the code by default", () =>
    Effect.gen(function* () {
      const { handshakes, layer, requests } = interpreterOver([afterCode(...regularEnd)])
      yield* Effect.provide(
        use((interpreter) => interpreter.run("print(1)\n")),
        layer
      )
      expect(requests()).toEqual([{ code: "print(1)\n" }])
      expect(handshakes[0]?.url).toBe("ws://daytona.test/toolbox/box/process/interpreter/execute")
      expect(handshakes[0]?.protocols).toEqual([expect.stringMatching(/^X-Daytona-SDK-Version~\d/)])
    })
  )

  it.effect("has a timeout in whole seconds, rounded up, and 0 only for no limit", () =>
    Effect.gen(function* () {
      const seconds = (timeout: Duration.DurationInput) =>
        Effect.gen(function* () {
          const { layer, requests } = interpreterOver([afterCode(...regularEnd)])
          yield* Effect.provide(
            use((interpreter) => interpreter.run("x", { timeout })),
            layer
          )
          return requests()
        })
      expect(yield* seconds("500 millis")).toEqual([{ code: "x", timeout: 1 }])
      expect(yield* seconds(Duration.nanos(1n))).toEqual([{ code: "x", timeout: 1 }])
      expect(yield* seconds("30 seconds")).toEqual([{ code: "x", timeout: 30 }])
      expect(yield* seconds("30001 millis")).toEqual([{ code: "x", timeout: 31 }])
      expect(yield* seconds(Duration.seconds(0.1 * 30))).toEqual([{ code: "x", timeout: 3 }])
      expect(yield* seconds(Duration.infinity)).toEqual([{ code: "x", timeout: 0 }])
      expect(yield* seconds("1000000 weeks")).toEqual([{ code: "x", timeout: 2 ** 31 - 1 }])
    })
  )

  it.effect("names the context and the variables", () =>
    Effect.gen(function* () {
      const { layer, requests } = interpreterOver([afterCode(...regularEnd)])
      const options = { context: ContextId.make("c-1"), env: { A: "1", B: Redacted.make("2") } }
      yield* Effect.provide(
        use((interpreter) => interpreter.run("x", options)),
        layer
      )
      expect(requests()).toEqual([{ code: "x", contextId: "c-1", envs: { A: "1", B: "2" } }])
    })
  )

  it.effect("is not sent when it is invalid", () =>
    Effect.gen(function* () {
      const { asked, handshakes, layer } = interpreterOver([afterCode(...regularEnd)])
      const refused: ReadonlyArray<readonly [string, CodeInterpreter.RunOptions, string]> = [
        ["", {}, "code"],
        [" \n\t", {}, "code"],
        ["x", { timeout: 0 }, "timeout"],
        ["x", { timeout: -5 }, "timeout"],
        ["x", { env: { "1X": "y" } }, "env.1X"],
        ["x", { context: ContextId.make("c"), isolated: true }, "isolated"]
      ]
      for (const [code, options, field] of refused) {
        const error = yield* Effect.flip(
          Effect.provide(
            use((interpreter) => interpreter.run(code, options)),
            layer
          )
        )
        expect(error).toMatchObject({ _tag: "InvalidRequest", field, operation: "CodeInterpreter.execute" })
      }
      expect(handshakes).toEqual([])
      expect(asked).toEqual([])
    })
  )
})

describe("an execution", () => {
  it.effect("emits its output in order, and the exception that ended it", () =>
    Effect.gen(function* () {
      const exception = { name: "ValueError", value: "no", traceback: "Traceback…\n" }
      const { end, events } = yield* streamed([
        frames(frame("stdout", { text: "1\n" }), frame("stderr", { text: "warning\n" })),
        frames(frame("stdout", { text: "2\n" }), frame("error", exception)),
        ...regularEnd
      ])
      expect(events).toEqual([
        { _tag: "Stdout", text: "1\n" },
        { _tag: "Stderr", text: "warning\n" },
        { _tag: "Stdout", text: "2\n" },
        { _tag: "Error", ...exception }
      ])
      expect(end._tag).toBe("Right")
    })
  )

  it.effect("that raised an exception has ended, also when the daemon closes before it says so", () =>
    Effect.gen(function* () {
      const steps = [stdout("a\n"), raised, { close: 1000 }]
      const result = yield* Effect.provide(
        use((interpreter) => interpreter.run("x")),
        interpreterOver([afterCode(...steps)]).layer
      )
      expect(result).toMatchObject({ stdout: "a\n", error: { name: "KeyError" } })
    })
  )

  it.effect("passes on unknown messages", () =>
    Effect.gen(function* () {
      const display = frame("display", { text: "<b>" })
      const { end, events } = yield* streamed([frames(display, "{", "[]", "null"), ...regularEnd])
      expect(events).toEqual([display, "{", "[]", "null"].map((message) => ({ _tag: "Unknown", message })))
      expect(end._tag).toBe("Right")
    })
  )

  it.effect("is collected, with an exception as a value", () =>
    Effect.gen(function* () {
      const steps = [stdout("a\n"), frames(frame("stderr", { text: "e\n" })), stdout("b\n"), raised]
      const { layer } = interpreterOver([afterCode(...steps, ...regularEnd), afterCode(...regularEnd)])
      const run = Effect.provide(
        use((interpreter) => interpreter.run("x")),
        layer
      )
      const both = yield* Effect.zip(run, run).pipe(Effect.provide(layer))
      expect(both[0]).toEqual({
        stdout: "a\nb\n",
        stderr: "e\n",
        error: { name: "KeyError", value: "'x'", traceback: "t" },
        truncated: false
      })
    })
  )

  it.effect("that prints more than is kept runs to completion, and is marked as truncated", () =>
    Effect.gen(function* () {
      const result = (...steps: ReadonlyArray<Step>) =>
        use((interpreter) => interpreter.run("x", { maxOutput: 5 })).pipe(
          Effect.provide(interpreterOver([afterCode(...steps, ...regularEnd)]).layer)
        )
      expect(yield* result(stdout("abc"), stdout("de"))).toMatchObject({ stdout: "abcde", truncated: false })
      expect(yield* result(stdout("abc"), stdout("def"), stdout("g"))).toMatchObject({
        stdout: "abcde",
        truncated: true
      })
    })
  )

  it.effect.prop(
    "is the same text, however its messages come together",
    [
      FastCheck.array(FastCheck.string({ unit: "binary" }), { maxLength: 100 }),
      FastCheck.array(FastCheck.integer({ min: 0, max: 9 }), { maxLength: 30 })
    ],
    ([texts, sizes]) =>
      Effect.gen(function* () {
        const left = texts.map((text) => frame("stdout", { text }))
        const steps = [...sizes.map((size) => frames(...left.splice(0, size))), frames(...left)]
        const { end, events } = yield* streamed([...steps, ...regularEnd])
        expect(end._tag).toBe("Right")
        expect(events).toEqual(texts.map((text) => ({ _tag: "Stdout", text })))
      }),
    { fastCheck: { numRuns: 50 } }
  )
})

describe("the end of an execution", () => {
  it.effect("is a timeout when the time was up and the code reacted to the interrupt", () =>
    Effect.gen(function* () {
      const error = yield* failureAfter("5 seconds", [stdout("so far"), interrupted, { close: 4008 }], {
        timeout: "5 seconds"
      })
      expect(error).toMatchObject({
        _tag: "InterpreterTimeout",
        timeout: Duration.seconds(5),
        stateKept: true,
        stdout: "so far",
        stderr: "",
        admitted: "yes"
      })
    })
  )

  it.effect("is a timeout when the code had to be killed", () =>
    Effect.gen(function* () {
      const error = yield* failureAfter("7 seconds", [{ close: 4008 }], { timeout: "5 seconds" })
      expect(error).toMatchObject({ _tag: "InterpreterTimeout", stateKept: false })
    })
  )

  it.effect("applies the daemon's default limit", () =>
    Effect.gen(function* () {
      const late = yield* failureAfter("10 minutes", [interrupted, { close: 4008 }])
      expect(late).toMatchObject({ _tag: "InterpreterTimeout", timeout: Duration.minutes(10) })
      const early = yield* failureAfter("9 minutes", [interrupted, { close: 4008 }])
      expect(early._tag).toBe("InterpreterInterrupted")
    })
  )

  it.effect("is an interruption when the code raised KeyboardInterrupt before its time was up", () =>
    Effect.gen(function* () {
      const error = yield* failureAfter("4 seconds", [stdout("so far"), interrupted, { close: 4008 }], {
        timeout: "5 seconds"
      })
      expect(error).toMatchObject({ _tag: "InterpreterInterrupted", stdout: "so far" })
      const unlimited = yield* failureAfter("30 days", [interrupted, { close: 4008 }], { timeout: Duration.infinity })
      expect(unlimited._tag).toBe("InterpreterInterrupted")
    })
  )

  const some = stdout("so far")
  const many = frames(...Array.from({ length: 1024 }, () => frame("stdout", { text: "line\n" })))
  const cases: ReadonlyArray<readonly [string, ReadonlyArray<Step>, Readonly<Record<string, unknown>>]> = [
    [
      "1001, the process ended",
      [some, { close: 1001, reason: "worker process ended" }],
      { _tag: "InterpreterCrashed", reason: "workerEnded", stdout: "so far" }
    ],
    [
      "1001, the context was deleted",
      [{ close: 1001, reason: "context shutdown" }],
      { _tag: "InterpreterCrashed", reason: "contextDeleted" }
    ],
    ["1001 without a word", [{ close: 1001 }], { _tag: "InterpreterCrashed", reason: "workerEnded" }],
    [
      "1001 after the word that it is completed",
      [completed, { close: 1001, reason: "worker process ended" }],
      { _tag: "InterpreterCrashed" }
    ],
    ["1000 and nothing before", [{ close: 1000 }], { _tag: "InterpreterCrashed", reason: "workerUnreachable" }],
    ["1000 without a control message", [some, { close: 1000 }], { _tag: "StreamInterrupted" }],
    ["1000 after an exception and an interrupt", [raised, interrupted, { close: 1000 }], { _tag: "StreamInterrupted" }],
    ["1006 after an exception", [raised, lost], { _tag: "StreamInterrupted" }],
    ["1000 after an interrupt", [interrupted, { close: 1000 }], { _tag: "StreamInterrupted" }],
    [
      "1008, no such context",
      [{ close: 1008, reason: "context not found: nope" }],
      { _tag: "NotFound", detail: "context not found: nope", admitted: "no" }
    ],
    [
      "1008, the context is going",
      [{ close: 1008, reason: "context is not active" }],
      { _tag: "InterpreterCrashed", reason: "contextDeleted" }
    ],
    ["1008, too slow", [some, { close: 1008, reason: "slow consumer" }], { _tag: "InterpreterOutputLost" }],
    ["1008, something else", [{ close: 1008, reason: "code is required" }], { _tag: "BadRequest" }],
    ["1002", [{ close: 1002, reason: "invalid JSON payload" }], { _tag: "BadRequest", detail: "invalid JSON payload" }],
    [
      "1011",
      [{ close: 1011, reason: "failed to get default context: no python" }],
      { _tag: "InterpreterUnavailable", detail: "failed to get default context: no python", admitted: "no" }
    ],
    [
      "1006 and nothing before",
      [lost],
      { _tag: "StreamInterrupted", message: expect.stringContaining("`python3`"), retryable: false }
    ],
    ["1006 in the middle", [some, lost], { _tag: "StreamInterrupted" }],
    ["1006 after a thousand messages at once", [many, lost], { _tag: "InterpreterOutputLost" }],
    ["1006 after the word that it is completed", [some, completed, lost], { _tag: "StreamInterrupted" }],
    ["1005", [some, { close: 1005 }], { _tag: "StreamInterrupted" }]
  ]
  for (const [name, steps, expected] of cases) {
    it.effect(`with ${name} is ${String(expected["_tag"])}`, () =>
      Effect.gen(function* () {
        expect(yield* failureOf(steps)).toMatchObject(expected)
      })
    )
  }

  it.effect("keeps the output before it", () =>
    Effect.gen(function* () {
      const { end, events } = yield* streamed([some, lost])
      expect(events).toEqual([{ _tag: "Stdout", text: "so far" }])
      expect(end._tag).toBe("Left")
    })
  )

  it.effect("is classified, too, when the daemon closed before it received the code", () =>
    Effect.gen(function* () {
      const { layer } = interpreterOver([[{ close: 1011, reason: "failed to get default context: x" }]])
      const error = yield* Effect.flip(
        Effect.provide(
          use((interpreter) => interpreter.run("x")),
          layer
        )
      )
      expect(error._tag).toBe("InterpreterUnavailable")
    })
  )
})

describe("leaving an execution", () => {
  it.effect("closes the connection when it is interrupted", () =>
    Effect.gen(function* () {
      const reached = yield* Deferred.make<void>()
      const script = afterCode({ until: Deferred.succeed(reached, undefined) }, { until: Effect.never })
      const { layer, lines, open } = interpreterOver([script])
      const fiber = yield* Effect.fork(
        Effect.provide(
          use((interpreter) => interpreter.run("x")),
          layer
        )
      )
      yield* Deferred.await(reached)
      expect(open()).toBe(1)
      yield* Fiber.interrupt(fiber)
      expect(open()).toBe(0)
      expect(lines()).toEqual([])
    })
  )

  it.effect("deletes the context of an isolated execution, however it ends", () =>
    Effect.gen(function* () {
      const expected = ["POST /process/interpreter/context", "DELETE /process/interpreter/context/c-1"]
      const answers = [context("c-1"), { status: 200, body: "{}" }]
      const isolated = { isolated: true }

      const regular = interpreterOver([afterCode(...regularEnd)], ...answers)
      yield* Effect.provide(
        use((interpreter) => interpreter.run("x", isolated)),
        regular.layer
      )
      expect(regular.requests()).toEqual([{ code: "x", contextId: "c-1" }])
      expect(regular.lines()).toEqual(expected)

      const crashed = interpreterOver([afterCode({ close: 1001, reason: "worker process ended" })], ...answers)
      yield* Effect.flip(
        Effect.provide(
          use((interpreter) => interpreter.run("x", isolated)),
          crashed.layer
        )
      )
      expect(crashed.lines()).toEqual(expected)

      const early = interpreterOver([afterCode(stdout("1"), { until: Effect.never })], ...answers)
      yield* Effect.provide(
        use((interpreter) => Stream.runHead(interpreter.stream("x", isolated))),
        early.layer
      )
      expect(early.lines()).toEqual(expected)

      const reached = yield* Deferred.make<void>()
      const endless = afterCode({ until: Deferred.succeed(reached, undefined) }, { until: Effect.never })
      const interrupts = interpreterOver([endless], ...answers)
      const fiber = yield* Effect.fork(
        Effect.provide(
          use((interpreter) => interpreter.run("x", isolated)),
          interrupts.layer
        )
      )
      yield* Deferred.await(reached)
      yield* Fiber.interrupt(fiber)
      expect(interrupts.lines()).toEqual(expected)
    })
  )
})
