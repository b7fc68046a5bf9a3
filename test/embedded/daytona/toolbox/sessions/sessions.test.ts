import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import { eventually } from "../socketSupport.js"
import { begin, command, commandOf, ended, exec, executed, input, logOf, old, start } from "./support.js"

describe("The sessions of the embedded toolbox", () => {
  it.live("keep directory, variables and functions from one command to the next", () =>
    Effect.gen(function* () {
      const sandbox = yield* begin()
      yield* exec(sandbox, "mkdir sub && cd sub && color=red && greet() { echo hello $1; }")
      const answer = yield* exec(sandbox, "pwd; echo $color; greet you >&2; (exit 7)")
      assert.strictEqual(answer.status, 200)
      const { exitCode, output, stderr, stdout } = executed(answer.json)
      const directory = join(sandbox.machine.workDir, "sub")
      assert.strictEqual(stdout, `${directory}\nred\n`)
      assert.strictEqual(stderr, "hello you\n")
      assert.strictEqual(exitCode, 7)
      assert.include(output ?? "", `\x01\x01\x01${directory}\n\x01\x01\x01red\n`)
      assert.include(output ?? "", "\x02\x02\x02hello you\n")
    }).pipe(Effect.scoped)
  )

  it.live("return the exit codes of shells", () =>
    Effect.gen(function* () {
      const sandbox = yield* begin()
      const codes = yield* Effect.forEach(["return 5", "if then", "sh -c 'kill -9 $$'", "true"], (text) =>
        Effect.map(exec(sandbox, text), ({ json }) => executed(json).exitCode)
      )
      assert.strictEqual(codes[0], 5)
      assert.include([1, 2], codes[1])
      assert.deepStrictEqual(codes.slice(2), [137, 0])
    }).pipe(Effect.scoped)
  )

  it.live("end every line with a newline, drop NUL bytes, and keep other bytes in the log", () =>
    Effect.gen(function* () {
      const sandbox = yield* begin()
      const { cmdId, stdout } = executed((yield* exec(sandbox, "printf 'a\\0b\\377c'")).json)
      assert.strictEqual(stdout, "ab\ufffdc\n")
      const raw = readFileSync(join(sandbox.machine.home, ".daytona", "sessions", "s", cmdId, "output.log"))
      assert.deepStrictEqual([...raw], [1, 1, 1, 97, 98, 255, 99, 10])
    }).pipe(Effect.scoped)
  )

  it.live("log a line only after its newline", () =>
    Effect.gen(function* () {
      const sandbox = yield* begin()
      const id = yield* start(sandbox, "echo ready; printf 'name? '; read name; echo hello $name")
      yield* eventually(logOf(sandbox, id), ({ stdout }) => stdout !== "")
      assert.strictEqual((yield* logOf(sandbox, id)).stdout, "ready\n")
      assert.strictEqual((yield* input(sandbox, id, "Ada")).status, 204)
      assert.strictEqual(yield* ended(sandbox, id), 0)
      const { stdout } = yield* logOf(sandbox, id)
      assert.deepStrictEqual([...(stdout ?? "").split("\n")].sort(), ["", "Ada", "name? hello Ada", "ready"])
    }).pipe(Effect.scoped)
  )

  it.live("do not echo input in the log if requested", () =>
    Effect.gen(function* () {
      const sandbox = yield* begin()
      const id = yield* start(sandbox, "read secret; echo got $(expr length $secret)", { suppressInputEcho: true })
      yield* eventually(input(sandbox, id, "hunter2\n"), ({ status }) => status === 204)
      yield* ended(sandbox, id)
      assert.strictEqual((yield* logOf(sandbox, id)).stdout, "got 7\n")
    }).pipe(Effect.scoped)
  )

  it.live("run one command after another, synchronous or not", () =>
    Effect.gen(function* () {
      const sandbox = yield* begin()
      const first = yield* start(sandbox, "read go")
      const second = yield* start(sandbox, "echo second")
      assert.deepStrictEqual(command((yield* commandOf(sandbox, second)).json), { id: second, command: "echo second" })
      assert.strictEqual((yield* logOf(sandbox, second)).output, "")
      const tooEarly = yield* input(sandbox, second, "x")
      assert.strictEqual(tooEarly.status, 500)
      assert.include(tooEarly.text, "failed to open input pipe")
      const third = yield* Effect.fork(exec(sandbox, "cat; echo third"))
      yield* eventually(input(sandbox, first, "go"), ({ status }) => status === 204)
      assert.strictEqual(executed((yield* Fiber.join(third)).json).stdout, "third\n")
      assert.strictEqual((yield* logOf(sandbox, second)).stdout, "second\n")
    }).pipe(Effect.scoped)
  )

  it.live("write the exit code when no process holds the output", () =>
    Effect.gen(function* () {
      const sandbox = yield* begin()
      const id = yield* start(sandbox, "(while [ ! -e go ]; do sleep 0.02; done; echo late) & echo early")
      yield* eventually(logOf(sandbox, id), ({ stdout }) => stdout === "early\n")
      assert.notProperty((yield* commandOf(sandbox, id)).json, "exitCode")
      writeFileSync(join(sandbox.machine.workDir, "go"), "")
      assert.strictEqual(yield* ended(sandbox, id), 0)
      assert.strictEqual((yield* logOf(sandbox, id)).stdout, "early\nlate\n")
    }).pipe(Effect.scoped)
  )

  it.live("never write an exit code when the command ended the shell, and accept no more commands", () =>
    Effect.gen(function* () {
      const sandbox = yield* begin(old)
      const id = yield* start(sandbox, "read go; echo bye; exit 3", { suppressInputEcho: true })
      const hanging = yield* Effect.fork(exec(sandbox, "echo never"))
      // It is queued once it is written: one that is only listed may still find the shell ended.
      const session = join(sandbox.machine.home, ".daytona", "sessions", "s")
      const written = Effect.sync(() =>
        readdirSync(session).filter((each) => existsSync(join(session, each, "output.log")))
      )
      yield* eventually(written, (commands) => commands.length === 2)
      yield* eventually(input(sandbox, id, "go"), ({ status }) => status === 204)
      const refused = yield* eventually(exec(sandbox, "echo never", { runAsync: true }), ({ status }) => status !== 202)
      assert.strictEqual(refused.status, 500)
      assert.match(refused.text, /"failed to execute command: .*failed to write command: .*broken pipe"/)
      assert.strictEqual((yield* logOf(sandbox, id)).stdout, "bye\n")
      assert.notProperty((yield* commandOf(sandbox, id)).json, "exitCode")
      assert.strictEqual((yield* sandbox.call("GET", "/process/session/s")).status, 200)
      assert.strictEqual((yield* input(sandbox, id, "x")).status, 500)
      assert.strictEqual((yield* sandbox.call("DELETE", "/process/session/s")).status, 204)
      const cancelled = yield* Fiber.join(hanging)
      assert.strictEqual(cancelled.status, 500)
      assert.include(cancelled.text, "session cancelled")
    }).pipe(Effect.scoped)
  )

  it.live(
    "end with set -e behind the command, even one that succeeded, which the current generation reports clearly",
    () =>
      Effect.gen(function* () {
        const sandbox = yield* begin()
        const id = yield* start(sandbox, "set -e; echo done")
        const refused = yield* eventually(exec(sandbox, "true", { async: true }), ({ status }) => status !== 202)
        assert.strictEqual(refused.status, 410)
        assert.include(refused.text, '"code":"SESSION_ENDED"')
        assert.strictEqual((yield* logOf(sandbox, id)).stdout, "done\n")
        assert.notProperty((yield* commandOf(sandbox, id)).json, "exitCode")
        assert.strictEqual((yield* input(sandbox, id, "x")).status, 410)
      }).pipe(Effect.scoped)
  )

  it.live("overwrite the variables, the function and the traps that surround a command", () =>
    Effect.gen(function* () {
      const sandbox = yield* begin()
      yield* exec(sandbox, "dir=/data; log=debug; own=kept; cleanup() { echo mine; }; trap 'echo mine' EXIT TERM")
      const { cmdId, stdout } = executed(
        (yield* exec(
          sandbox,
          `echo "$dir|$log|$own|\${sp##*/}|\${ep##*/}|\${ip##*/}"; kill -TERM $$; echo alive; cleanup`
        )).json
      )
      const directory = join(sandbox.machine.home, ".daytona", "sessions", "s", cmdId)
      assert.strictEqual(
        stdout,
        `${directory}|${join(directory, "output.log")}|kept|stdout.pipe|stderr.pipe|input.pipe\nalive\n`
      )
    }).pipe(Effect.scoped)
  )

  it.live("have jobs of their own during a command, so that a bare wait never returns", () =>
    Effect.gen(function* () {
      const sandbox = yield* begin()
      const own = executed((yield* exec(sandbox, "(exit 3) & wait $!; echo $?; ( true & wait ); echo waited")).json)
      assert.strictEqual(own.stdout, "3\nwaited\n")
      const id = yield* start(
        sandbox,
        "trap 'echo still waiting' USR1; (kill -USR1 $$) & wait; echo $?; wait; echo never"
      )
      // A trapped signal ends one wait, and shows that the next one has begun.
      yield* eventually(logOf(sandbox, id), ({ stdout }) => (stdout ?? "").split("\n").length === 3)
      yield* exec(sandbox, "true").pipe(
        Effect.timeoutOption("300 millis"),
        Effect.tap((answer) => assert.isTrue(Option.isNone(answer)))
      )
      assert.notInclude((yield* logOf(sandbox, id)).stdout ?? "", "never")
    }).pipe(Effect.scoped)
  )

  it.live("run nothing more when what surrounds a command cannot run", () =>
    Effect.gen(function* () {
      for (const change of ["PATH=/nowhere", "unset PATH"]) {
        const sandbox = yield* begin()
        assert.strictEqual(executed((yield* exec(sandbox, change)).json).exitCode, 0)
        const id = yield* start(sandbox, "echo never")
        yield* eventually(exec(sandbox, "true", { async: true }), ({ status }) => status === 410)
        assert.strictEqual((yield* logOf(sandbox, id)).output, "")
      }
    }).pipe(Effect.scoped)
  )

  it.live("refuse input to a command that is known to have ended", () =>
    Effect.gen(function* () {
      const sandbox = yield* begin(old)
      const id = yield* start(sandbox, "(exit 4)")
      const directory = join(sandbox.machine.home, ".daytona", "sessions", "s", id)
      yield* eventually(
        Effect.sync(() => existsSync(join(directory, "exit_code"))),
        (there) => there
      )
      assert.strictEqual((yield* input(sandbox, id, "x")).status, 500)
      assert.strictEqual(yield* ended(sandbox, id), 4)
      const gone = yield* input(sandbox, id, "x")
      assert.strictEqual(gone.status, 410)
      assert.include(gone.text, "gone: command has already completed with exit code 4")
      assert.deepStrictEqual(readdirSync(directory).sort(), ["cmd.sh", "exit_code", "output.log"])
    }).pipe(Effect.scoped)
  )

  it.live("may find an incomplete exit code", () =>
    Effect.gen(function* () {
      const sandbox = yield* begin({}, { halfWrittenExitCodes: 1 })
      const id = yield* start(sandbox, "true")
      const racing = yield* eventually(commandOf(sandbox, id), ({ status }) => status !== 200)
      assert.strictEqual(racing.status, 500)
      assert.include(racing.text, "failed to convert exit code to int")
      assert.strictEqual(yield* ended(sandbox, id), 0)
    }).pipe(Effect.scoped)
  )

  it.live("end with all their processes, including children that ignore SIGTERM", () =>
    Effect.gen(function* () {
      const sandbox = yield* begin({}, { grace: "300 millis" })
      const id = yield* start(
        sandbox,
        "echo $$; setsid sleep 1000 & sh -c 'trap \"\" TERM; echo $$; while :; do sleep 1; done'"
      )
      const { stdout } = yield* eventually(logOf(sandbox, id), (seen) => seen.stdout?.split("\n").length === 3)
      const processes = (stdout ?? "").trim().split("\n").map(Number)
      assert.strictEqual((yield* sandbox.call("DELETE", "/process/session/s")).status, 204)
      for (const pid of processes) {
        yield* eventually(
          Effect.sync(() => existsSync(`/proc/${pid}`)),
          (there) => !there
        )
      }
      yield* eventually(sandbox.machine.processIds, (ids) => ids.size === 0)
      assert.isFalse(existsSync(join(sandbox.machine.home, ".daytona", "sessions", "s")))
      assert.strictEqual((yield* sandbox.call("GET", "/process/session/s")).status, 404)
      assert.strictEqual((yield* sandbox.call("DELETE", "/process/session/s")).status, 404)
    }).pipe(Effect.scoped)
  )

  it.live("are listed, with their commands", () =>
    Effect.gen(function* () {
      const sandbox = yield* begin()
      yield* sandbox.call("POST", "/process/session", { sessionId: "t" })
      const { cmdId } = executed((yield* exec(sandbox, "true")).json)
      const { json } = yield* sandbox.call("GET", "/process/session")
      assert.deepStrictEqual(json, [
        { sessionId: "s", commands: [{ id: cmdId, command: "true", exitCode: 0 }] },
        { sessionId: "t", commands: [] }
      ])
    }).pipe(Effect.scoped)
  )
})
