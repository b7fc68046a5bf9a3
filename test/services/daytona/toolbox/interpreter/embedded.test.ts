import { execFileSync } from "node:child_process"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as Fault from "../../../../../src/embedded/faults/Fault.js"
import * as NodeTransport from "../../../../../src/node/NodeTransport.js"
import { ContextId } from "../../../../../src/schema/daytona/toolbox/Interpreter.js"
import { CodeInterpreter } from "../../../../../src/services/daytona/toolbox/interpreter/CodeInterpreter.js"
import { inject } from "../../../../support/daytonaOver.js"
import {
  embeddedToolbox,
  embeddedToolboxOver,
  type Generation,
  generations
} from "../../../../support/embeddedToolbox.js"
import { platformWebSocket } from "../../../../support/sockets.js"

const hasPython = Option.isSome(Option.liftThrowable(execFileSync)("python3", ["--version"]))

const sandbox = (generation: Generation) => Layer.provideMerge(CodeInterpreter.layer, embeddedToolbox({ generation }))

const execute = "/process/interpreter/execute"

describe.skipIf(!hasPython).each(generations)(
  "the code interpreter of the embedded daemon (needs python3), generation %s",
  (generation) => {
    it.live("keeps definitions between runs", () =>
      Effect.gen(function* () {
        const { run } = yield* CodeInterpreter
        yield* run("import sys\nx = 41")
        const result = yield* run("print(x + 1)\nprint('to stderr', file=sys.stderr)")
        expect(result).toEqual({ stdout: "42\n", stderr: "to stderr\n", truncated: false })
      }).pipe(Effect.provide(sandbox(generation)))
    )

    it.live("returns an exception as a value, and keeps the context", () =>
      Effect.gen(function* () {
        const { run } = yield* CodeInterpreter
        const failed = yield* run("print('before')\nraise ValueError('no')")
        expect(failed).toMatchObject({ stdout: "before\n", error: { name: "ValueError", value: "no" } })
        expect(failed.error?.traceback).toContain("line 2")
        expect((yield* run("def"))?.error?.name).toBe("SyntaxError")
        expect(yield* run("import sys; sys.exit(3)")).toEqual({ stdout: "", stderr: "", truncated: false })
      }).pipe(Effect.provide(sandbox(generation)))
    )

    it.live("shows output while the code runs", () =>
      Effect.gen(function* () {
        const { stream } = yield* CodeInterpreter
        const code = "import time\nprint('now')\ntime.sleep(30)"
        const first = yield* Stream.runHead(stream(code, { isolated: true })).pipe(Effect.timeout("15 seconds"))
        expect(first).toEqual(Option.some({ _tag: "Stdout", text: "now\n" }))
      }).pipe(Effect.provide(sandbox(generation)))
    )

    it.live("collects a large output, or its beginning", () =>
      Effect.gen(function* () {
        const { run } = yield* CodeInterpreter
        const code = "for i in range(500): print('é' * 200)"
        expect((yield* run(code)).stdout).toBe(`${"é".repeat(200)}\n`.repeat(500))
        expect(yield* run(code, { maxOutput: 300 })).toMatchObject({
          stdout: `${"é".repeat(200)}\n`.repeat(2).slice(0, 300),
          truncated: true
        })
      }).pipe(Effect.provide(sandbox(generation)))
    )

    it.live("knows when the daemon has dropped lines that were printed too fast, and loses none that were not", () =>
      Effect.gen(function* () {
        const { run } = yield* CodeInterpreter
        const lines = Array.from({ length: 20_000 }, (_, index) => `${index}\n`).join("")
        const fast = yield* Effect.either(run("for i in range(20000): print(i)", { isolated: true }))
        if (generation === "0.190") {
          expect(fast).toMatchObject({ _tag: "Left", left: { _tag: "InterpreterOutputLost", admitted: "yes" } })
          const output = fast._tag === "Left" && fast.left._tag === "InterpreterOutputLost" ? fast.left.stdout : ""
          expect(lines.startsWith(output ?? "no output")).toBe(true)
        }
        const collected = yield* run("print('\\n'.join(str(i) for i in range(20000)))")
        expect(collected).toEqual({ stdout: lines, stderr: "", truncated: false })
      }).pipe(Effect.provide(sandbox(generation)))
    )

    it.live("has one failure for a context that is deleted while its code runs", () =>
      Effect.gen(function* () {
        const { createContext, deleteContext, stream } = yield* CodeInterpreter
        const { id } = yield* createContext()
        const events = stream("print('begun'); import time; time.sleep(60)", { context: id })
        const end = yield* Effect.flip(Stream.runForEach(events, () => Effect.ignore(deleteContext(id))))
        expect(end).toMatchObject({ _tag: "InterpreterCrashed", reason: "contextDeleted", contextId: id })
      }).pipe(Effect.provide(sandbox(generation)))
    )

    it.live("sets variables for one run only", () =>
      Effect.gen(function* () {
        const { run } = yield* CodeInterpreter
        const code = "import os\nprint(os.environ.get('KEY'))"
        expect((yield* run(code, { env: { KEY: "it's me" } })).stdout).toBe("it's me\n")
        expect((yield* run(code)).stdout).toBe("None\n")
      }).pipe(Effect.provide(sandbox(generation)))
    )

    it.live("creates contexts that are deleted with their scope", () =>
      Effect.gen(function* () {
        const interpreter = yield* CodeInterpreter
        const context = yield* Effect.scoped(
          Effect.gen(function* () {
            const { id } = yield* interpreter.scopedContext()
            yield* interpreter.run("x = 'in here'", { context: id })
            expect((yield* interpreter.run("print(x)", { context: id })).stdout).toBe("in here\n")
            expect((yield* interpreter.run("print(x)")).error?.name).toBe("NameError")
            expect(yield* interpreter.listContexts).toMatchObject([{ id, language: "python", active: true }])
            return id
          })
        )
        expect(yield* interpreter.listContexts).toEqual([])
        const error = yield* Effect.flip(interpreter.run("1", { context }))
        expect(error).toMatchObject({ _tag: "NotFound", admitted: "no" })
        expect((yield* Effect.flip(interpreter.deleteContext(context)))._tag).toBe("NotFound")
        expect((yield* Effect.flip(interpreter.deleteContext(ContextId.make("default"))))._tag).toBe("BadRequest")
      }).pipe(Effect.provide(sandbox(generation)))
    )

    it.live("tells a timeout from a KeyboardInterrupt", () =>
      Effect.gen(function* () {
        const { run } = yield* CodeInterpreter
        const slow = yield* Effect.flip(run("import time\nprint('so far')\ntime.sleep(60)", { timeout: "700 millis" }))
        expect(slow).toMatchObject({
          _tag: "InterpreterTimeout",
          timeout: Duration.seconds(1),
          stateKept: true,
          stdout: "so far\n"
        })
        const raised = yield* Effect.flip(run("raise KeyboardInterrupt", { timeout: "30 seconds" }))
        expect(raised._tag).toBe("InterpreterInterrupted")
        const unlimited = yield* Effect.flip(run("raise KeyboardInterrupt", { timeout: Duration.infinity }))
        expect(unlimited._tag).toBe("InterpreterInterrupted")
        expect((yield* run("print('goes on')")).stdout).toBe("goes on\n")
      }).pipe(Effect.provide(sandbox(generation)))
    )

    it.live("reports that a killed run has lost the state of its context", () =>
      Effect.gen(function* () {
        const { run } = yield* CodeInterpreter
        const deaf = "import time\nwhile True:\n  try: time.sleep(60)\n  except KeyboardInterrupt: pass"
        const error = yield* Effect.flip(run(`x = 1\n${deaf}`, { timeout: "1 second" }))
        expect(error).toMatchObject({ _tag: "InterpreterTimeout", stateKept: false })
        expect((yield* run("print(x)")).error?.name).toBe("NameError")
      }).pipe(Effect.provide(sandbox(generation)))
    )

    it.live("reports that its process crashed", () =>
      Effect.gen(function* () {
        const { run } = yield* CodeInterpreter
        const error = yield* Effect.flip(run("print('last words')\nimport os\nos._exit(1)", { isolated: true }))
        expect(error).toMatchObject({
          _tag: "InterpreterCrashed",
          reason: "workerEnded",
          stdout: "last words\n"
        })
      }).pipe(Effect.provide(sandbox(generation)))
    )

    it.live("says how long a context is unusable after a crash, and what to use instead", () =>
      Effect.gen(function* () {
        const { run, scopedContext } = yield* CodeInterpreter
        const { id } = yield* scopedContext()
        const crash = run("import os\nos._exit(3)", { context: id, timeout: "1 second" })
        expect(yield* Effect.flip(crash)).toMatchObject({ message: expect.stringContaining("until 1s") })
        const early = yield* Effect.flip(run("print(1)", { context: id, timeout: "1 second" }))
        expect(early).toMatchObject({ _tag: "InterpreterCrashed", reason: "workerEnded" })
        const another = yield* scopedContext()
        expect(yield* run("print(1)", { context: another.id })).toMatchObject({ stdout: "1\n" })
        // Each attempt delays the next, by its own time limit.
        const again = run("print(1)", { context: id, timeout: "1 second" })
        yield* Effect.retry(again, { times: 3, schedule: Schedule.spaced("4 seconds") })
        const forever = run("import os\nos._exit(3)", { context: another.id, timeout: Duration.infinity })
        expect(yield* Effect.flip(forever)).toMatchObject({ message: expect.stringContaining("nothing any more") })
      }).pipe(Effect.scoped, Effect.provide(sandbox(generation)))
    )

    it.live("reports that the context was deleted during a run", () =>
      Effect.gen(function* () {
        const { createContext, deleteContext, stream } = yield* CodeInterpreter
        const { id } = yield* createContext()
        const error = yield* stream("import time\nprint('go')\ntime.sleep(60)", { context: id }).pipe(
          Stream.runForEach(() => Effect.forkDaemon(deleteContext(id))),
          Effect.flip
        )
        expect(error._tag).toBe("InterpreterCrashed")
      }).pipe(Effect.provide(sandbox(generation)))
    )

    it.live("kills an isolated run that is interrupted", () =>
      Effect.gen(function* () {
        const { listContexts, run } = yield* CodeInterpreter
        const fiber = yield* Effect.fork(run("import time\ntime.sleep(600)", { isolated: true }))
        yield* listContexts.pipe(
          Effect.repeat({ until: (all) => all.length === 1, schedule: Schedule.spaced("20 millis") })
        )
        yield* Fiber.interrupt(fiber)
        expect(yield* listContexts).toEqual([])
      }).pipe(Effect.provide(sandbox(generation)))
    )

    it.live("does not take a lost connection for a success", () =>
      Effect.gen(function* () {
        const { run } = yield* CodeInterpreter
        yield* inject({ path: execute, fault: Fault.cutSocket(0) })
        const nothing = yield* Effect.flip(run("print(1)"))
        expect(nothing).toMatchObject({ _tag: "StreamInterrupted", message: expect.stringContaining("python3") })
        yield* inject({ path: execute, fault: Fault.cutSocket(100) })
        expect((yield* Effect.flip(run("for i in range(99): print(i)")))._tag).toBe("StreamInterrupted")
        yield* inject({ path: execute, fault: Fault.closeSocket({ afterBytes: 0, code: 1000, reason: "" }) })
        expect((yield* Effect.flip(run("print(1)")))._tag).toBe("InterpreterCrashed")
      }).pipe(Effect.provide(sandbox(generation)))
    )

    const transports = [
      ["npm ws", NodeTransport.layer],
      ["the platform", Layer.merge(FetchHttpClient.layer, Layer.scopedDiscard(platformWebSocket))]
    ] as const
    for (const [name, transport] of transports) {
      it.live(`works over the web sockets of ${name}`, () =>
        Effect.gen(function* () {
          const { run } = yield* CodeInterpreter
          expect(yield* run("print('hi')")).toMatchObject({ stdout: "hi\n" })
          expect((yield* Effect.flip(run("raise KeyboardInterrupt")))._tag).toBe("InterpreterInterrupted")
          const error = yield* Effect.flip(run("1", { context: ContextId.make("nope") }))
          expect(error._tag).toBe("NotFound")
        }).pipe(Effect.provide(Layer.provide(CodeInterpreter.layer, embeddedToolboxOver(transport, { generation }))))
      )
    }
  }
)

it.live("a sandbox without python3 is a failure that says what may be wrong", () =>
  Effect.gen(function* () {
    const { createContext, run } = yield* CodeInterpreter
    const error = yield* Effect.flip(run("print(1)"))
    expect(error.message).toContain("python3")
    expect((yield* Effect.flip(createContext()))._tag).toBe("ServerError")
  }).pipe(
    Effect.provide(Layer.provide(CodeInterpreter.layer, embeddedToolbox({ env: { PATH: "/no/such/directory" } })))
  )
)
