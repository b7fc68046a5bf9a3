import { existsSync, mkdirSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as interpreter from "../../../../../src/embedded/daytona/toolbox/interpreter/routes.js"
import { area, eventually } from "../socketSupport.js"
import { begin, createContext, finished, frame, hasPython, run, timedOut } from "./support.js"

describe.skipIf(!hasPython)("The code interpreter of the embedded toolbox (needs python3)", () => {
  it.live("keeps state, and returns both outputs and the end", () =>
    Effect.gen(function* () {
      const sandbox = yield* area(interpreter.make)
      assert.deepStrictEqual((yield* run(sandbox, { code: "x = 41" })).end, finished)
      const { control, end, err, frames, out } = yield* run(sandbox, {
        code: "import sys, os\nprint(x + 1, os.getcwd())\nprint('oh', file=sys.stderr)\nprint('no newline', end='')\nx",
        contextId: "default"
      })
      assert.deepStrictEqual(end, finished)
      assert.strictEqual(out, `42 ${sandbox.machine.workDir}\nno newline`)
      assert.strictEqual(err, "oh\n")
      assert.strictEqual(control, "completed")
      assert.deepStrictEqual(frames.at(-1), { type: "control", text: "completed", name: "", value: "", traceback: "" })
    }).pipe(Effect.scoped)
  )

  it.live("reports errors with a traceback of the user's code only", () =>
    Effect.gen(function* () {
      const sandbox = yield* area(interpreter.make)
      const failed = yield* run(sandbox, { code: "import json\ndef f():\n  return json.loads('{')\nf()" })
      assert.deepStrictEqual(failed.end, finished)
      assert.strictEqual(failed.control, "completed")
      const [error] = failed.frames
      assert.deepInclude(error, { type: "error", text: "", name: "JSONDecodeError" })
      assert.match(
        error?.traceback ?? "",
        /^Traceback.*:\n {2}File "<stdin>", line 4\n {2}File "<stdin>", line 3\nJSONDecodeError: .*\n$/
      )
      const syntax = yield* run(sandbox, { code: "if" })
      assert.deepInclude(syntax.frames[0], {
        name: "SyntaxError",
        traceback: "SyntaxError: invalid syntax (<string>, line 1)\n"
      })
      assert.deepStrictEqual(
        (yield* run(sandbox, { code: "import sys\nsys.exit(3)" })).frames.map(({ type }) => type),
        ["control"]
      )
    }).pipe(Effect.scoped)
  )

  it.live("sets variables for one run and restores them", () =>
    Effect.gen(function* () {
      const sandbox = yield* area(interpreter.make, { env: { KEPT: "before" } })
      const code = "import os\nprint(os.environ.get('KEPT'), os.environ.get('NEW'))"
      const envs = { KEPT: "now", NEW: "new" }
      assert.strictEqual((yield* run(sandbox, { code, envs })).out, "now new\n")
      assert.strictEqual(
        (yield* run(sandbox, { code, envs: null, timeout: null, contextId: null })).out,
        "before None\n"
      )
    }).pipe(Effect.scoped)
  )

  it.live("has separate contexts, each in its own directory", () =>
    Effect.gen(function* () {
      const sandbox = yield* area(interpreter.make)
      mkdirSync(join(sandbox.machine.workDir, "sub"))
      const one = yield* createContext(sandbox, { cwd: "sub", language: "python" })
      const two = yield* createContext(sandbox)
      assert.strictEqual(one.cwd, join(sandbox.machine.workDir, "sub"))
      yield* run(sandbox, { code: "x = 1", contextId: one.id })
      const other = yield* run(sandbox, { code: "print('x' in globals())", contextId: two.id })
      assert.strictEqual(other.out, "False\n")
      const { json } = yield* sandbox.call("GET", "/process/interpreter/context")
      assert.deepStrictEqual(json, { contexts: [one, two] })
      const deleted = yield* sandbox.call("DELETE", `/process/interpreter/context/${one.id}`)
      assert.strictEqual(deleted.status, 200)
      assert.property(deleted.json, "message")
      const { end } = yield* run(sandbox, { code: "1", contextId: one.id })
      assert.deepStrictEqual(end, { code: 1008, reason: `context not found: ${one.id}` })
    }).pipe(Effect.scoped)
  )

  it.live("interrupts a run that takes too long, and keeps the state", () =>
    Effect.gen(function* () {
      const sandbox = yield* area(interpreter.make)
      yield* run(sandbox, { code: "import time\nx = 1" })
      const late = yield* run(sandbox, { code: "print('begun')\ntime.sleep(60)", timeout: 1 })
      assert.deepStrictEqual([late.end, late.control, late.out], [timedOut, "interrupted", "begun\n"])
      const swallowed = yield* run(sandbox, {
        code: "try:\n  time.sleep(60)\nexcept KeyboardInterrupt:\n  print('caught')",
        timeout: 1
      })
      assert.deepStrictEqual([swallowed.end, swallowed.control, swallowed.out], [finished, "completed", "caught\n"])
      const raised = yield* run(sandbox, { code: "raise KeyboardInterrupt" })
      assert.deepStrictEqual([raised.end, raised.control], [timedOut, "interrupted"])
      assert.strictEqual((yield* run(sandbox, { code: "print(x)" })).out, "1\n")
    }).pipe(Effect.scoped)
  )

  it.live("runs one after another in a context, even for clients that disconnect", () =>
    Effect.gen(function* () {
      const sandbox = yield* area(interpreter.make)
      const wait = "import os, time\nprint('begun')\nwhile not os.path.exists('go'): time.sleep(0.01)\nx = 'kept'"
      const first = yield* begin(sandbox, { code: wait })
      yield* first.next
      const second = yield* begin(sandbox, { code: "print(x)" })
      yield* first.leave
      const { id } = yield* createContext(sandbox)
      assert.deepStrictEqual((yield* run(sandbox, { code: "open('go', 'w').close()", contextId: id })).end, finished)
      const { messages } = yield* second.rest
      assert.strictEqual(frame(messages[0]).text, "kept\n")
    }).pipe(Effect.scoped)
  )

  it.live("ends the runs and processes of a deleted context", () =>
    Effect.gen(function* () {
      const sandbox = yield* area(interpreter.make)
      const { id } = yield* createContext(sandbox)
      const code = "import os, time\nprint(os.getpid())\ntime.sleep(60)"
      const running = yield* begin(sandbox, { code, contextId: id, timeout: 0 })
      const pid = Number(frame(yield* running.next).text)
      assert.strictEqual((yield* sandbox.call("DELETE", `/process/interpreter/context/${id}`)).status, 200)
      assert.deepStrictEqual((yield* running.rest).end, { code: 1001, reason: "context shutdown" })
      yield* eventually(
        Effect.sync(() => existsSync(`/proc/${pid}`)),
        (there) => !there
      )
    }).pipe(Effect.scoped)
  )
})
