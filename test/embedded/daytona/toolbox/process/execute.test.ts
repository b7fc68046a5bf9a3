import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/TestClock"
import { at, textAt, verdict } from "../../support.js"
import { generations, inMemory, onPort, type Sandbox, sandbox, sandboxOnPort } from "../sandbox.js"

const execute = (box: Sandbox, command: string, more: Readonly<Record<string, unknown>> = {}) =>
  Effect.map(box.post("/process/execute", { command, ...more }), ({ json }) => json)

/** Waits until a command succeeds. */
const until = (box: Sandbox, command: string) =>
  Effect.repeat(execute(box, command), {
    until: (json) => at(json, "exitCode") === 0,
    schedule: Schedule.spaced("10 millis")
  }).pipe(Effect.timeout("10 seconds"))

const inRealTime = Effect.withClock(Clock.make())

describe("executing a command", () => {
  for (const generation of generations) {
    it.live(`of generation ${generation} returns both outputs in order, and the exit code`, () =>
      Effect.gen(function* () {
        const box = yield* sandbox()
        const script = "for i in 1 2 3; do echo out $i; echo err $i >&2; done\nexit 7"
        expect(yield* execute(box, script)).toEqual({
          exitCode: 7,
          result: "out 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3\n"
        })
      }).pipe(Effect.provide(inMemory({ generation })))
    )
  }

  it.live("works on a port as well", () =>
    Effect.gen(function* () {
      const box = yield* sandboxOnPort
      expect(yield* execute(box, "echo hi")).toEqual({ exitCode: 0, result: "hi\n" })
    }).pipe(Effect.provide(onPort()))
  )

  it.live("passes the script on stdin, so a program that reads its input consumes the rest", () =>
    Effect.gen(function* () {
      const box = yield* sandbox()
      expect(yield* execute(box, "cat\necho after")).toEqual({ exitCode: 0, result: "echo after" })
      expect(yield* execute(box, "read x; echo same line\nthe next one\necho [$x]")).toEqual({
        exitCode: 0,
        result: "same line\n[the next one]\n"
      })
      expect(yield* execute(box, "cat < /dev/null\necho after")).toEqual({ exitCode: 0, result: "after\n" })
    }).pipe(Effect.provide(inMemory()))
  )

  it.live("gives the script outputs that can be opened by name", () =>
    Effect.gen(function* () {
      const box = yield* sandbox()
      expect(yield* execute(box, "echo one > /dev/stdout; echo two > /dev/stderr")).toEqual({
        exitCode: 0,
        result: "one\ntwo\n"
      })
    }).pipe(Effect.provide(inMemory()))
  )

  it.live("accepts scripts and outputs that are longer than a pipe", () =>
    Effect.gen(function* () {
      const box = yield* sandbox()
      const long = `cat > copy <<'END'\n${"0123456789".repeat(100_000)}\nEND\ncat copy copy | wc -c; cat copy`
      const json = yield* execute(box, long)
      expect(textAt(json, "result")).toBe(`2000002\n${"0123456789".repeat(100_000)}\n`)
      // A shell that ends early never reads the rest.
      expect(yield* execute(box, `exit 3\n${"# ".repeat(500_000)}`)).toEqual({ exitCode: 3, result: "" })
    }).pipe(Effect.provide(inMemory()))
  )

  it.live("replaces invalid UTF-8", () =>
    Effect.gen(function* () {
      const box = yield* sandbox()
      expect(at(yield* execute(box, "printf 'a\\377b\\357\\273\\277c'"), "result")).toBe("a\uFFFDb\uFEFFc")
    }).pipe(Effect.provide(inMemory()))
  )

  it.live("runs in a directory and with variables", () =>
    Effect.gen(function* () {
      const box = yield* sandbox({ env: { A: "sandbox", B: "sandbox" } })
      yield* execute(box, "mkdir -p sub/deep")
      const json = yield* execute(box, "echo $A $B; basename $PWD; pwd -P", { cwd: "sub/deep", envs: { B: "command" } })
      expect(textAt(json, "result")).toMatch(/^sandbox command\ndeep\n.*\/home\/daytona\/sub\/deep\n$/)
    }).pipe(Effect.provide(inMemory()))
  )

  it.live("has exit code -1 if it cannot start or was killed", () =>
    Effect.gen(function* () {
      const box = yield* sandbox()
      const nowhere = yield* execute(box, "true", { cwd: "/nowhere" })
      expect(nowhere).toEqual({ exitCode: -1, result: "chdir /nowhere: no such file or directory" })
      yield* execute(box, "touch file")
      const file = yield* execute(box, "true", { cwd: "file" })
      expect([at(file, "exitCode"), textAt(file, "result")]).toEqual([-1, expect.stringMatching(/: not a directory$/)])
      const unheard = yield* execute(box, "true", { envs: { A: "\0" } })
      expect([at(unheard, "exitCode"), textAt(unheard, "result")]).toEqual([-1, expect.stringContaining("null bytes")])
      expect(yield* execute(box, "echo before; kill -9 $$")).toEqual({ exitCode: -1, result: "before\n" })
    }).pipe(Effect.provide(inMemory()))
  )

  it.live("refuses an invalid body", () =>
    Effect.gen(function* () {
      const box = yield* sandbox()
      const refusal = (body: Readonly<Record<string, unknown>> | string) =>
        Effect.map(box.post("/process/execute", body), verdict)
      expect(yield* refusal("{")).toEqual([400, expect.stringMatching(/^bad request: invalid request body: /)])
      expect(yield* refusal({ command: "\n \t" })).toEqual([
        400,
        "bad request: command cannot be empty or whitespace-only"
      ])
      expect(yield* refusal({ command: 1 })).toEqual([
        400,
        expect.stringMatching(/^bad request: invalid request body: /)
      ])
      for (const timeout of [1.5, -1, 2 ** 32, "1"]) {
        expect(yield* refusal({ command: "true", timeout })).toEqual([
          400,
          expect.stringMatching(/^bad request: invalid request body: /)
        ])
      }
      expect(yield* refusal({ command: "true", envs: { "a-b": "" } })).toEqual([
        400,
        "bad request: invalid environment variable name: 'a-b'"
      ])
      expect(yield* refusal({ command: "true", cwd: null, envs: null, timeout: 0 })).toEqual([200, undefined])
    }).pipe(Effect.provide(inMemory({ generation: "0.190" })))
  )

  for (const generation of generations) {
    // The clock is the test's: the timeout elapses once the command is known to run.
    it.effect(`of generation ${generation} kills the whole group after its timeout`, () =>
      Effect.gen(function* () {
        const box = yield* sandbox()
        const call = box.post("/process/execute", {
          command: "sleep 1000 & echo $! > child; echo lost; wait",
          timeout: 5
        })
        const fiber = yield* Effect.fork(call)
        yield* inRealTime(until(box, "test -s child"))
        yield* TestClock.adjust("5 seconds")
        const answer = yield* Fiber.join(fiber)
        expect(verdict(answer)).toEqual([408, "request timeout: command execution timeout"])
        expect(at(answer.json, "code")).toBe(generation === "current" ? "PROCESS_EXECUTION_TIMEOUT" : "REQUEST_TIMEOUT")
        yield* inRealTime(until(box, "! ps -o stat= -p $(cat child) | grep -v Z"))
      }).pipe(Effect.provide(inMemory({ generation })))
    )
  }

  it.effect("answers after its timeout only when what has left the group lets go of the output", () =>
    Effect.gen(function* () {
      const box = yield* sandbox()
      const command = "setsid sh -c 'echo $$ > child; until [ -e go ]; do sleep 0.02; done' & sleep 1000"
      const fiber = yield* Effect.fork(box.post("/process/execute", { command, timeout: 5 }))
      yield* inRealTime(until(box, "test -s child"))
      yield* TestClock.adjust("5 seconds")
      yield* inRealTime(until(box, "! ps -o args= -g $(ps -o pgid= -p $(cat child)) | grep 'sleep 1000'"))
      expect(yield* Fiber.poll(fiber)).toEqual(Option.none())
      yield* inRealTime(execute(box, "touch go"))
      expect((yield* Fiber.join(fiber)).status).toBe(408)
    }).pipe(Effect.provide(inMemory()))
  )

  it.live("waits until no process holds the output", () =>
    Effect.gen(function* () {
      const box = yield* sandbox()
      const [took, json] = yield* Effect.timed(execute(box, "(sleep 0.4; echo late) & echo early"))
      expect(json).toEqual({ exitCode: 0, result: "early\nlate\n" })
      expect(Duration.toMillis(took)).toBeGreaterThan(350)
    }).pipe(Effect.provide(inMemory()))
  )

  it.effect("waits at most 30 seconds for a process that holds the output, and lets it run", () =>
    Effect.gen(function* () {
      const box = yield* sandbox()
      const command = "sleep 1000 & echo $! > child; echo early; echo $$ > shell; exit 3"
      const fiber = yield* Effect.fork(execute(box, command))
      yield* inRealTime(until(box, "test -s shell && ! ps -o stat= -p $(cat shell)"))
      const sleeps = Effect.zipRight(inRealTime(Effect.sleep("10 millis")), TestClock.sleeps())
      yield* Effect.repeat(sleeps, { until: Chunk.some((instant) => instant === 30_000) })
      yield* TestClock.adjust("29 seconds")
      expect(yield* Fiber.poll(fiber)).toEqual(Option.none())
      yield* TestClock.adjust("1 second")
      expect(yield* Fiber.join(fiber)).toEqual({ exitCode: 3, result: "early\n" })
      yield* inRealTime(until(box, "ps -p $(cat child)"))
    }).pipe(Effect.provide(inMemory()))
  )

  for (const where of ["in memory", "on a port"]) {
    it.live(`continues when the client disconnects, ${where}`, () => {
      const leave = (box: Sandbox) =>
        Effect.gen(function* () {
          const fiber = yield* Effect.fork(
            execute(box, "touch begun; until [ -e go ]; do sleep 0.02; done; touch done")
          )
          yield* until(box, "test -e begun")
          yield* Fiber.interrupt(fiber)
          yield* execute(box, "touch go")
          yield* until(box, "test -e done")
        })
      return where === "in memory"
        ? Effect.flatMap(sandbox(), leave).pipe(Effect.provide(inMemory()))
        : Effect.flatMap(sandboxOnPort, leave).pipe(Effect.provide(onPort()))
    })
  }

  it.live("runs many in parallel", () =>
    Effect.gen(function* () {
      const box = yield* sandbox()
      const numbers = Array.from({ length: 20 }, (_, index) => index)
      const results = yield* Effect.forEach(numbers, (number) => execute(box, `echo ${number}`), {
        concurrency: "unbounded"
      })
      expect(results.map((json) => at(json, "result"))).toEqual(numbers.map((number) => `${number}\n`))
    }).pipe(Effect.provide(inMemory()))
  )
})
