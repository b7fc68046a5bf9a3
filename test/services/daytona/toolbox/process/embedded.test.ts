import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { Process } from "../../../../../src/services/daytona/toolbox/process/Process.js"
import { ProcessSessions } from "../../../../../src/services/daytona/toolbox/sessions/ProcessSessions.js"
import { embeddedToolbox, type Generation, generations, noSessionIsLeft } from "../../../../support/embeddedToolbox.js"

const sandbox = (generation: Generation) =>
  Layer.mergeAll(Process.layer, ProcessSessions.layer).pipe(Layer.provideMerge(embeddedToolbox({ generation })))

interface Tagged {
  readonly _tag: string
}

const decoder = new TextDecoder()

const sessionCount = Effect.flatMap(ProcessSessions, ({ list }) => Effect.map(list, ({ length }) => length))

describe.each(generations)("a program in a sandbox of generation %s", (generation) => {
  it.live("has the variables of its sandbox, whatever the daemon calls its own", () =>
    Effect.gen(function* () {
      const process = yield* Process
      const command = `echo "$dir|\${log-unset}|$ip|\${sp-unset}"; env | grep -c "^dir=/data$"`
      const expected = "/data|unset|10.0.0.1|unset\n1\n"
      expect((yield* process.execute(command)).stdout).toBe(expected)
      expect((yield* process.executeMerged(command)).output).toBe(expected)
      const sessions = yield* ProcessSessions
      const session = yield* sessions.scoped()
      expect((yield* sessions.run(session, command, { isolated: true })).stdout).toBe(expected)
    }).pipe(
      Effect.scoped,
      Effect.provide(
        Layer.mergeAll(Process.layer, ProcessSessions.layer).pipe(
          Layer.provideMerge(embeddedToolbox({ generation, env: { dir: "/data", ip: "10.0.0.1" } }))
        )
      )
    )
  )

  it.live("runs commands to completion", () =>
    Effect.gen(function* () {
      const process = yield* Process
      const result = yield* process.execute("echo out; echo err >&2; echo $GREETING; pwd; cat; exit 3", {
        cwd: "/",
        env: { GREETING: "it's me" },
        stdin: "from stdin"
      })
      expect(result).toMatchObject({ exitCode: 3, stdout: "out\nit's me\n/\nfrom stdin\n", stderr: "err\n" })
      expect(yield* process.execute(["printf", "%s|", "a b", "$HOME", "it's"])).toMatchObject({
        stdout: "a b|$HOME|it's|\n"
      })
      expect(yield* process.executeMerged("echo out; echo err >&2; exit 4", { timeout: "10 seconds" })).toEqual({
        exitCode: 4,
        output: "out\nerr\n"
      })
      expect((yield* Effect.flip(process.executeOrFail("echo no >&2; exit 1")))._tag).toBe("CommandFailed")
      yield* noSessionIsLeft
    }).pipe(Effect.provide(sandbox(generation)))
  )

  it.live("keeps the beginning of an output that is too large for memory, and the exit code", () =>
    Effect.gen(function* () {
      const process = yield* Process
      const much = "head -c 18000000 /dev/zero | tr '\\0' x | fold -w 1000; echo done >&2; exit 6"
      const { exitCode, stderr, stdout, truncated } = yield* process.execute(much)
      expect({ exitCode, stderr, truncated }).toEqual({ exitCode: 6, stderr: "done\n", truncated: true })
      expect(stdout.length).toBe(16 * 1024 * 1024)
      expect(stdout.startsWith(`${"x".repeat(1000)}\n`)).toBe(true)
    }).pipe(Effect.provide(sandbox(generation)))
  )

  it.live("streams the output of a command", () =>
    Effect.gen(function* () {
      const process = yield* Process
      const events = yield* Stream.runCollect(process.stream("echo one; echo two >&2; exit 5"))
      const seen = [...events].map((event) =>
        event._tag === "Exit" ? event : { _tag: event._tag, text: decoder.decode(event.bytes) }
      )
      expect(seen).toContainEqual({ _tag: "Stdout", text: "one\n" })
      expect(seen).toContainEqual({ _tag: "Stderr", text: "two\n" })
      expect(seen.at(-1)).toEqual({ _tag: "Exit", exitCode: 5 })
      yield* noSessionIsLeft
    }).pipe(Effect.provide(sandbox(generation)))
  )

  it.live("exchanges input and output with a command in the background, and kills it with the scope", () =>
    Effect.gen(function* () {
      const process = yield* Process
      yield* Effect.scoped(
        Effect.gen(function* () {
          const running = yield* process.start('echo ready; while read -r line; do echo "got $line"; done')
          expect(yield* running.awaitLog("ready")).toBe("ready")
          yield* running.sendInput("hello")
          expect(yield* running.awaitLog(/^got (.*)$/)).toBe("got hello")
          yield* running.sendInput("")
          expect(yield* running.awaitLog((line) => line === "got ")).toBe("got ")
          expect(yield* sessionCount).toBe(1)
        })
      )
      expect(yield* sessionCount).toBe(0)
    }).pipe(Effect.provide(sandbox(generation)))
  )

  it.live("fails a wait for a command in the background that was killed", () =>
    Effect.gen(function* () {
      const process = yield* Process
      const running = yield* process.start("echo ready; sleep 60")
      yield* running.awaitLog("ready")
      expect(yield* Effect.flip(running.awaitLog("never", { timeout: "300 millis" }))).toMatchObject({
        _tag: "LogNotSeen",
        reason: "timeout",
        lastLines: ["ready"]
      })
      yield* running.kill
      yield* running.kill
      const waits = [running.exitCode, Stream.runDrain(running.output), running.awaitLog("never")]
      for (const wait of waits) expect((yield* Effect.flip<unknown, Tagged, never>(wait))._tag).toBe("SessionEnded")
    }).pipe(Effect.scoped, Effect.provide(sandbox(generation)))
  )

  it.live("kills a streamed command that times out, or whose stream is abandoned", () =>
    Effect.gen(function* () {
      const process = yield* Process
      const error = yield* Effect.flip(Stream.runDrain(process.stream("sleep 60", { timeout: "300 millis" })))
      expect(error._tag).toBe("CommandTimeout")
      const reading = yield* Effect.fork(Stream.runDrain(process.stream("sleep 60")))
      yield* Effect.repeat(sessionCount, { until: (count) => count === 1, schedule: Schedule.spaced("10 millis") })
      yield* Fiber.interrupt(reading)
      expect(yield* sessionCount).toBe(0)
    }).pipe(Effect.provide(sandbox(generation)))
  )

  it.live("does not count the time of a slow consumer against a streamed command", () =>
    Effect.gen(function* () {
      const process = yield* Process
      const events = process.stream("echo one; echo two >&2; exit 5", { timeout: "1 second" })
      const slowly = Stream.tap(events, ({ _tag }) => (_tag === "Stdout" ? Effect.sleep("1500 millis") : Effect.void))
      expect(Option.getOrUndefined(yield* Stream.runLast(slowly))).toEqual({ _tag: "Exit", exitCode: 5 })
    }).pipe(Effect.provide(sandbox(generation)))
  )

  it.live("kills a command that times out, and returns its output", () =>
    Effect.gen(function* () {
      const process = yield* Process
      const error = yield* Effect.flip(process.execute("sleep 60 & echo $!; wait", { timeout: "700 millis" }))
      expect(error).toMatchObject({ _tag: "CommandTimeout", stdout: expect.stringMatching(/^\d+\n$/) })
      const pid = error._tag === "CommandTimeout" ? error.stdout?.trim() : undefined
      // A zombie counts as dead.
      const lives = yield* process.executeMerged(`grep -qs '^State:.[^ZX]' /proc/${pid}/status`)
      expect(lives.exitCode).not.toBe(0)
      expect(yield* sessionCount).toBe(0)
    }).pipe(Effect.provide(sandbox(generation)))
  )

  it.live("runs code with arguments", () =>
    Effect.gen(function* () {
      const process = yield* Process
      const code = "import sys\nprint(sys.argv[1:])"
      const argv = ["plain", "it's", "$(id)", ""]
      expect(yield* process.codeRun(code, { language: "python", argv })).toMatchObject({
        exitCode: 0,
        output: `['plain', "it's", '$(id)', '']\n`
      })
      const late = yield* Effect.flip(process.codeRun("while True: pass", { language: "python", timeout: "1 seconds" }))
      expect(late._tag).toBe("CommandTimeout")
    }).pipe(Effect.provide(sandbox(generation)))
  )
})
