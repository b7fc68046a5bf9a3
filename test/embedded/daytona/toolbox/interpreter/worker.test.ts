import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { messageReader } from "../../../../../src/embedded/daytona/toolbox/interpreter/RunMessage.js"
import * as interpreter from "../../../../../src/embedded/daytona/toolbox/interpreter/routes.js"
import { area } from "../socketSupport.js"
import { hasPython, run, timedOut } from "./support.js"

describe("The messages of a Python worker", () => {
  it("are read from chunks of any size, between other output", () => {
    const texts: Array<string> = []
    const read = messageReader(({ text, type }) => texts.push(`${type} ${text}`))
    const all = '{"type":"stdout","text":"a"}\nnoise\n[1]\n{"type":"control","text":"completed","name":3}\n'
    for (const character of all) assert.isTrue(read(character))
    assert.deepStrictEqual(texts, ["stdout a", "control completed"])
  })

  it("end at a line that is too long", () => {
    const read = messageReader(() => undefined)
    assert.isTrue(read("x".repeat(1024 * 1024)))
    assert.isFalse(read("x"))
  })
})

describe.skipIf(!hasPython)("A worker of the code interpreter (needs python3)", () => {
  it.live(
    "kills a run that ignores the interrupt, and restarts",
    () =>
      Effect.gen(function* () {
        const sandbox = yield* area(interpreter.make)
        yield* run(sandbox, { code: "x = 1" })
        const code = "import time\nwhile True:\n  try:\n    time.sleep(60)\n  except KeyboardInterrupt:\n    pass"
        const stubborn = yield* run(sandbox, { code, timeout: 1 })
        assert.deepStrictEqual([stubborn.end, stubborn.control], [timedOut, ""])
        assert.strictEqual((yield* run(sandbox, { code: "print('x' in globals())" })).out, "False\n")
      }).pipe(Effect.scoped),
    15_000
  )

  it.live("reports that the worker ended, and ends the workers of runs that come before its time is up", () =>
    Effect.gen(function* () {
      const sandbox = yield* area(interpreter.make)
      const died = { code: 1001, reason: "worker process ended" }
      const crashed = yield* run(sandbox, {
        code: "import os\nprint('last', flush=True)\nos._exit(1)",
        timeout: 1
      })
      assert.deepStrictEqual([crashed.end, crashed.out, crashed.control], [died, "last\n", ""])
      for (let round = 0; round < 2; round++) {
        const begun = performance.now()
        const next = yield* run(sandbox, { code: "print('again')", timeout: 1 })
        assert.deepStrictEqual([next.end, next.out], [died, ""])
        assert.isAtLeast(performance.now() - begun, 2500)
      }
      // Nobody asks for the time limit and the two seconds after it.
      yield* Effect.sleep("4 seconds")
      assert.strictEqual((yield* run(sandbox, { code: "print('again')" })).out, "again\n")
    }).pipe(Effect.scoped)
  )

  it.live("drops output of subprocesses unless it looks like a message", () =>
    Effect.gen(function* () {
      const sandbox = yield* area(interpreter.make)
      const injected = JSON.stringify({ type: "stdout", text: "injected" })
      const code = `import subprocess\nsubprocess.run(["echo", "lost"])\nsubprocess.run(["echo", ${JSON.stringify(injected)}])`
      assert.strictEqual((yield* run(sandbox, { code })).out, "injected")
    }).pipe(Effect.scoped)
  )

  it.live(
    "stops reading at a line that is too long",
    () =>
      Effect.gen(function* () {
        const sandbox = yield* area(interpreter.make)
        const { control, end, out } = yield* run(sandbox, { code: "print('x' * 2_000_000)", timeout: 1 })
        assert.deepStrictEqual([end, control, out], [timedOut, "", ""])
      }).pipe(Effect.scoped),
    15_000
  )

  it.live("closes with a reason for an invalid request", () =>
    Effect.gen(function* () {
      const sandbox = yield* area(interpreter.make)
      const invalid = { code: 1002, reason: "invalid JSON payload" }
      const ends = yield* Effect.forEach(
        [
          "{",
          { code: "1", timeout: 1.5 },
          { code: "1", envs: { A: 1 } },
          { code: "" },
          { code: "1", timeout: -1 },
          { code: "1", contextId: "none" }
        ],
        (request) => Effect.map(run(sandbox, request), ({ end, frames }) => (frames.length === 0 ? end : frames))
      )
      assert.deepStrictEqual(ends, [
        invalid,
        invalid,
        invalid,
        { code: 1008, reason: "code is required" },
        { code: 1008, reason: "timeout must be greater than or equal to 0" },
        { code: 1008, reason: "context not found: none" }
      ])
    }).pipe(Effect.scoped)
  )
})

describe("The code interpreter of the embedded toolbox", () => {
  it.live("refuses contexts without a body in the older generation", () =>
    Effect.gen(function* () {
      const answers = (generation: "current" | "0.190") =>
        Effect.gen(function* () {
          const { call } = yield* area(interpreter.make, { generation })
          return yield* Effect.forEach(
            [
              call("POST", "/process/interpreter/context", { language: "ruby" }),
              call("POST", "/process/interpreter/context", "{"),
              call("POST", "/process/interpreter/context", { cwd: "missing" }),
              call("DELETE", "/process/interpreter/context/default"),
              call("DELETE", "/process/interpreter/context/none")
            ],
            Effect.map(({ status, text }) => [status, text === ""] as const)
          )
        })
      const statuses = [400, 400, 500, 400, 404]
      assert.deepStrictEqual(
        yield* answers("0.190"),
        statuses.map((status) => [status, true] as const)
      )
      assert.deepStrictEqual(
        yield* answers("current"),
        statuses.map((status) => [status, false] as const)
      )
    }).pipe(Effect.scoped)
  )

  it.live("terminates the connection when there is no Python", () =>
    Effect.gen(function* () {
      const sandbox = yield* area(interpreter.make, { env: { PATH: "/nowhere" } })
      const { end, frames } = yield* run(sandbox, { code: "1" })
      assert.deepStrictEqual([end, frames], [{ code: 1006, reason: "" }, []])
    }).pipe(Effect.scoped)
  )
})
