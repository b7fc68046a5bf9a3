/** Python as a model runs it. */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { SandboxToolkit } from "../../src/ai/index.js"
import { CodeInterpreter, Files } from "../../src/daytona.js"
import { answered, failed, tools } from "../support/sandboxTools.js"
import { describeWithLayer } from "../support/sharedLayer.js"

const run = (code: string, more = {}) => answered("run_python", { code, ...more })

const contexts = Effect.flatMap(CodeInterpreter, ({ listContexts }) =>
  Effect.map(listContexts, (all) => all.filter(({ id }) => id !== "default").length)
)

describeWithLayer(
  "run_python",
  tools({ env: { GREETING: "hello" }, maxAnswer: 5000 }),
  "30 seconds"
)((it) => {
  it.effect("keeps variables until it is reset", () =>
    Effect.gen(function* () {
      expect(yield* run("import os\nx = os.environ['GREETING']\nx")).toEqual({ output: "" })
      expect(yield* run("print(x)")).toEqual({ output: "hello\n" })
      expect(yield* answered("reset_python")).toEqual({ reset: true })
      expect(yield* run("print(x)")).toMatchObject({ exception: expect.stringContaining("NameError") })
    })
  )

  it.effect("answers with an exception, and what was printed before it", () =>
    Effect.gen(function* () {
      expect(yield* run("print('before')\nraise ValueError('é')")).toEqual({
        output: "before\n",
        exception: expect.stringMatching(/^Traceback[\s\S]*ValueError: é\n$/)
      })
    })
  )

  it.effect("stops what takes too long, and keeps the variables if it can", () =>
    Effect.gen(function* () {
      yield* run("y = 1")
      expect(yield* failed("run_python", { code: "print('a')\nwhile True: pass", timeoutSeconds: 1 })).toMatchObject({
        reason: "timeout",
        message: expect.stringMatching(/within 1 second and was stopped.*The variables are kept\.$/),
        found: "a\n"
      })
      expect(yield* run("print(y)")).toEqual({ output: "1\n" })
    })
  )

  it.effect("starts anew after a crash, at once", () =>
    Effect.gen(function* () {
      yield* run("z = 1")
      expect(yield* failed("run_python", { code: "import os\nos._exit(3)" })).toMatchObject({
        _tag: "ToolFailed",
        reason: "ended",
        message: expect.stringContaining("the next call starts a new session")
      })
      expect(yield* run("print('z' in globals())")).toEqual({ output: "False\n" })
    })
  )

  it.effect("runs calls one after another, also when they come at the same time", () =>
    Effect.gen(function* () {
      yield* run("seen = []")
      yield* Effect.forEach([1, 2, 3], (each) => run(`seen.append(${each})`), { concurrency: "unbounded" })
      expect(yield* run("print(sorted(seen))")).toEqual({ output: "[1, 2, 3]\n" })
      expect(yield* contexts).toBe(1)
    })
  )

  it.effect("cuts the middle of long output", () =>
    Effect.gen(function* () {
      const answer = yield* run("print('\\n'.join(str(n) for n in range(100000)))")
      expect(answer).toMatchObject({
        output: expect.stringMatching(/^0\n1\n[\s\S]*\n\[\.\.\. the middle left out \.\.\.\]\n[\s\S]*\n99999\n$/),
        note: expect.stringContaining("print less, or write to a file")
      })
    })
  )
})

it.live("an interrupted run is stopped, and its session is removed with the layer", () =>
  Effect.gen(function* () {
    yield* Effect.gen(function* () {
      const files = yield* Files
      const fiber = yield* Effect.fork(run("open('begun', 'w').close()\nwhile True: pass"))
      yield* Effect.repeat(files.exists("begun"), { until: (isThere) => isThere })
      yield* Fiber.interrupt(fiber)
      expect(yield* contexts).toBe(0)
      // The first calls of a session may come at the same time.
      yield* Effect.all([run("print(1)"), run("print(2)"), run("print(3)")], { concurrency: "unbounded" })
      expect(yield* contexts).toBe(1)
    }).pipe(Effect.provide(SandboxToolkit.layer()))
    expect(yield* contexts).toBe(0)
  }).pipe(Effect.provide(tools()))
)
