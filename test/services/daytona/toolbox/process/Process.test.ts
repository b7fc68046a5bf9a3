import { describe, expect, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Process } from "../../../../../src/services/daytona/toolbox/process/Process.js"
import { duplicateNotice } from "../../../../../src/services/daytona/toolbox/shellText.js"
import { withSpans } from "../../../../support/embedded.js"
import { type Answer, json, reset } from "../../../../support/scriptedServer.js"
import { oldRefusal, scriptedToolbox } from "../../../../support/scriptedToolbox.js"
import { until } from "../../../../support/until.js"

const created: Answer = { status: 201 }
const deleted: Answer = { status: 204 }
const executed = (cmdId: string, stdout: string, stderr = "", exitCode = 0) =>
  json({ cmdId, output: stdout, stdout, stderr, exitCode })
const session = (...ids: ReadonlyArray<string>) =>
  json({ sessionId: "s", commands: ids.map((id) => ({ id, command: "x" })) })

const process = <A, E>(use: (process: Process.Service) => Effect.Effect<A, E>, ...answers: ReadonlyArray<Answer>) => {
  const toolbox = scriptedToolbox(...answers)
  const done = Effect.flatMap(Process, use).pipe(Effect.provide(Process.layer), Effect.provide(toolbox.layer))
  const lines = () => toolbox.lines().map((line) => line.replaceAll(/effect-sandboxes-[0-9a-f]{32}/g, "S"))
  return { ...toolbox, lines, done }
}

/** The response to a script about the shell of a session. */
const checked = (state: string) => json({ exitCode: 0, result: `${state}\n` })

const sends = (lines: ReadonlyArray<string>) => lines.filter((line) => line.endsWith("/exec")).length

describe("Process.execute", () => {
  it.effect("creates a session, runs the command in it, and deletes it", () =>
    Effect.gen(function* () {
      const { bodies, done, lines } = process((p) => p.execute("ls"), created, executed("c", "a\n", "b\n", 2), deleted)
      expect(yield* done).toMatchObject({ exitCode: 2, stdout: "a\n", stderr: "b\n" })
      expect(lines()).toEqual(["POST /process/session", "POST /process/session/S/exec", "DELETE /process/session/S"])
      expect(bodies()[1]).toMatchObject({ runAsync: false })
    })
  )

  it.effect("has its result while its session is being deleted, which the layer of the client waits for", () =>
    Effect.gen(function* () {
      const toolbox = scriptedToolbox(created, executed("c", "a\n"), { ...deleted, after: "1 second" })
      const scope = yield* Scope.make()
      const layer = Layer.provide(Process.layer, toolbox.layer)
      const { execute } = yield* Effect.map(Layer.buildWithScope(layer, scope), Context.get(Process))
      const { result, spans } = yield* withSpans(execute("ls"))
      expect(result).toMatchObject({ exitCode: 0, stdout: "a\n" })
      const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
      yield* until(() => toolbox.lines().length === 3)
      expect(toolbox.lines()[2]).toMatch(/^DELETE/)
      expect(closing.unsafePoll()).toBeNull()
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(closing)
      // The deletion outlives the method, so it has no span.
      expect(spans.map(({ name }) => name)).toEqual([
        "Daytona.Process.execute",
        "Daytona.ProcessSessions.create",
        "Daytona.Process.execute"
      ])
    })
  )

  it.effect("waits for a command whose connection broke instead of sending it again", () =>
    Effect.gen(function* () {
      const { done, lines } = process(
        (p) => p.execute("make deploy"),
        created,
        reset,
        session("c"),
        json({ id: "c", command: "x", exitCode: 7 }),
        json({ output: "", stdout: "deployed\n", stderr: null }),
        deleted
      )
      expect(yield* done).toMatchObject({ exitCode: 7, stdout: "deployed\n", stderr: "" })
      expect(lines()).toEqual([
        "POST /process/session",
        "POST /process/session/S/exec",
        "GET /process/session/S",
        "GET /process/session/S/command/c",
        "GET /process/session/S/command/c/logs",
        "DELETE /process/session/S"
      ])
    })
  )

  it.effect("sends a command again that did not arrive", () =>
    Effect.gen(function* () {
      const { done, lines } = process((p) => p.execute("ls"), created, reset, session(), executed("c", "a\n"), deleted)
      expect((yield* done).stdout).toBe("a\n")
      expect(sends(lines())).toBe(2)
    })
  )

  it.effect("returns the result of the delivery that ran when a proxy retried the request", () =>
    Effect.gen(function* () {
      const { done } = process(
        (p) => p.execute("ls"),
        created,
        executed("second", "", duplicateNotice),
        session("second", "first"),
        json({ id: "second", exitCode: 0 }),
        json({ stdout: "", stderr: duplicateNotice }),
        json({ id: "first", exitCode: 1 }),
        json({ stdout: "a\n", stderr: "" }),
        deleted
      )
      expect(yield* done).toMatchObject({ exitCode: 1, stdout: "a\n", stderr: "" })
    })
  )

  it.effect("waits for a command whose exit code is half written", () =>
    Effect.gen(function* () {
      const race = 'failed to convert exit code to int: strconv.Atoi: parsing "": invalid syntax'
      const { done, lines } = process(
        (p) => p.execute("ls"),
        created,
        oldRefusal(500, "INTERNAL_SERVER_ERROR", `failed to execute command: bad request: ${race}`),
        oldRefusal(500, "INTERNAL_SERVER_ERROR", `internal server error: ${race}`),
        session("c"),
        json({ id: "c", exitCode: 0 }),
        json({ stdout: "a\n", stderr: "" }),
        deleted
      )
      const fiber = yield* Effect.fork(done)
      yield* TestClock.adjust("1 second")
      expect((yield* Fiber.join(fiber)).stdout).toBe("a\n")
      expect(sends(lines())).toBe(1)
    })
  )

  it.effect("deletes the session when the command is interrupted or times out", () =>
    Effect.gen(function* () {
      const stuck = process((p) => p.execute("sleep 1000"), created, "never", checked("unknown"), deleted)
      const fiber = yield* Effect.fork(stuck.done)
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(fiber)
      expect(stuck.lines().slice(-2)).toEqual(["POST /process/execute", "DELETE /process/session/S"])
      expect(stuck.bodies().at(-2)).toMatchObject({ command: expect.stringContaining("kill -STOP") })

      const late = process(
        (p) => p.execute("sleep 1000", { timeout: "5 seconds" }),
        created,
        "never",
        checked("lives"),
        session("c"),
        json({ stdout: "so far\n", stderr: "" }),
        checked("lives"),
        deleted
      )
      const waiting = yield* Effect.fork(Effect.flip(late.done))
      yield* TestClock.adjust("5 seconds")
      expect(yield* Fiber.join(waiting)).toMatchObject({ _tag: "CommandTimeout", stdout: "so far\n", sandboxId: "box" })
      expect(late.lines().at(-1)).toBe("DELETE /process/session/S")
    })
  )

  it.effect("fails within five seconds of the death of its shell", () =>
    Effect.gen(function* () {
      const ended = process(
        (p) => p.execute("kill -9 $$"),
        created,
        "never",
        checked("lives"),
        checked("lives"),
        checked("ended"),
        checked(""),
        deleted
      )
      const fiber = yield* Effect.fork(Effect.flip(ended.done))
      yield* TestClock.adjust("10 seconds")
      expect(fiber.unsafePoll()).toBeNull()
      yield* TestClock.adjust("500 millis")
      const error = yield* Fiber.join(fiber)
      expect(error).toMatchObject({ _tag: "ShellExited", operation: "Process.execute", sandboxId: "box" })
      expect(error.message).toContain("setsid -w")
      expect(ended.lines().at(-1)).toBe("DELETE /process/session/S")
    })
  )

  it.effect("deletes the session when its creation is interrupted", () =>
    Effect.gen(function* () {
      const gone = oldRefusal(404, "NOT_FOUND", "not found: session not found")
      const { done, lines } = process((p) => p.execute("ls"), { ...created, after: "1 hour" }, gone, deleted)
      const fiber = yield* Effect.fork(done)
      yield* TestClock.adjust("1 second")
      const interruption = yield* Effect.fork(Fiber.interrupt(fiber))
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(interruption)
      // The first attempt arrived before the session existed.
      expect(lines()).toEqual(["POST /process/session", "DELETE /process/session/S", "DELETE /process/session/S"])
    })
  )

  it.effect("deletes nothing when the creation was refused", () =>
    Effect.gen(function* () {
      const { done, lines } = process((p) => p.execute("ls"), { status: 401 })
      expect((yield* Effect.flip(done))._tag).toBe("Unauthorized")
      expect(lines()).toEqual(["POST /process/session"])
    })
  )

  it.effect("refuses invalid commands before sending anything", () =>
    Effect.gen(function* () {
      const refused = (use: (process: Process.Service) => Effect.Effect<unknown, { readonly _tag: string }>) =>
        Effect.gen(function* () {
          const { asked, done } = process(use, created)
          expect(yield* Effect.flip(done)).toMatchObject({ _tag: "InvalidRequest" })
          expect(asked).toEqual([])
        })
      yield* refused((p) => p.execute(" "))
      yield* refused((p) => p.execute(["ls", "\0"]))
      yield* refused((p) => p.executeMerged("ls", { env: { "A-B": "x" } }))
      yield* refused((p) => p.executeMerged("ls", { timeout: Duration.seconds(2 ** 32) }))
      yield* refused((p) => Stream.runDrain(p.stream([])))
      yield* refused((p) => Effect.scoped(p.start("")))
      yield* refused((p) => p.codeRun(""))
    })
  )
})

describe("Process.executeMerged", () => {
  it.effect("rounds its time limit up, and fails with CommandTimeout after it", () =>
    Effect.gen(function* () {
      const { bodies, done } = process(
        (p) =>
          Effect.all([
            p.executeMerged("ls", { timeout: "1 millis", cwd: "/x", env: { A: Redacted.make("secret") } }),
            p.executeMerged(["ls", "a b"], { timeout: "1500 millis" }),
            Effect.flip(p.executeMerged("ls", { timeout: "10 seconds" }))
          ]),
        json({ exitCode: 0, result: "a" }),
        json({ exitCode: -1, result: "b" }),
        oldRefusal(408, "REQUEST_TIMEOUT", "request timeout: command execution timeout")
      )
      const [first, second, third] = yield* done
      expect([first, second]).toEqual([
        { exitCode: 0, output: "a" },
        { exitCode: -1, output: "b" }
      ])
      expect(third).toMatchObject({ _tag: "CommandTimeout", timeout: Duration.seconds(10) })
      // What has left its group lives on.
      expect(third.message).toContain("timed out after 10s, and was killed with its process group")
      expect(bodies()).toEqual([
        { command: "ls", cwd: "/x", envs: { A: "secret" }, timeout: 1 },
        { command: "'ls' 'a b' < /dev/null", timeout: 2 },
        { command: "ls", timeout: 10 }
      ])
    })
  )

  it.effect("waits as long as the command runs, up to five seconds past its limit", () =>
    Effect.gen(function* () {
      const slow = process((p) => p.executeMerged("ls"), { ...json({ exitCode: 0, result: "" }), after: "3 hours" })
      const unlimited = yield* Effect.fork(slow.done)
      yield* TestClock.adjust("3 hours")
      expect((yield* Fiber.join(unlimited)).exitCode).toBe(0)

      const silent = process((p) => p.executeMerged("ls", { timeout: "1 minute" }), "never")
      const limited = yield* Effect.fork(Effect.exit(silent.done))
      yield* TestClock.adjust("64 seconds")
      expect(limited.unsafePoll()).toBeNull()
      yield* TestClock.adjust("1 second")
      expect(Exit.isFailure(yield* Fiber.join(limited))).toBe(true)
      expect(silent.lines()).toEqual(["POST /process/execute"])
    })
  )
})

describe("Process.codeRun", () => {
  it.effect("quotes arguments if the daemon does not, which it detects once", () =>
    Effect.gen(function* () {
      const ran = json({ exitCode: 0, result: "" })
      const run = (p: Process.Service) =>
        Effect.all([
          p.codeRun("1", { argv: ["plain-1.0"] }),
          p.codeRun("2", { argv: ["a b"] }),
          p.codeRun("3", { argv: ["it's", "x"], language: "typescript", timeout: "1 second" })
        ])
      const old = process(run, ran, json({ exitCode: 0, result: "x\n" }), ran)
      yield* old.done
      expect(old.bodies()).toEqual([
        { code: "1", language: "python", argv: ["plain-1.0"] },
        expect.objectContaining({ argv: ["'x'"] }),
        { code: "2", language: "python", argv: ["'a b'"] },
        { code: "3", language: "typescript", argv: ["'it'\\''s'", "'x'"], timeout: 1 }
      ])
      const newer = process(run, ran, json({ exitCode: 0, result: "a warning\n'x'\n" }), ran)
      yield* newer.done
      expect(newer.bodies().slice(2)).toMatchObject([{ argv: ["a b"] }, { argv: ["it's", "x"] }])
    })
  )

  it.effect("decodes every type of chart", () =>
    Effect.gen(function* () {
      const charts = [
        {
          type: "bar",
          title: "t",
          png: "iVBORw0KGgo=",
          x_label: "x",
          elements: [{ label: "a", value: 3, group: "g" }]
        },
        { type: "line", x_ticks: ["2026-01-01", 1], elements: [{ label: "l", points: [["2026-01-01", 2]] }] },
        { type: "composite_chart", elements: [{ type: "line", title: "sub", png: "iVBORw0KGgo=" }] },
        { type: "pie", elements: null },
        { type: "heat_map" },
        { type: "box_and_whisker", elements: [{ min: "no number", median: 2 }] },
        "no chart"
      ]
      const { done } = process(
        (p) => p.codeRun("plot()"),
        json({ exitCode: 0, result: "shown\n", artifacts: { charts } })
      )
      const result = yield* done
      expect(result.output).toBe("shown\n")
      expect(result.charts).toMatchObject([
        { type: "bar", xLabel: "x", elements: [{ label: "a", value: 3 }] },
        { type: "line", xTicks: ["2026-01-01", 1], elements: [{ points: [["2026-01-01", 2]] }] },
        { type: "composite_chart", elements: [{ type: "line", title: "sub" }] },
        { type: "pie", elements: [] },
        { type: "heat_map", elements: [] },
        { type: "unknown", elements: [] },
        { type: "unknown", elements: [] }
      ])
      expect(Buffer.from(result.charts[0]?.png ?? []).toString("hex")).toBe("89504e470d0a1a0a")
    })
  )

  it.effect("sends code of nothing but blanks, which is a program that does nothing", () =>
    Effect.gen(function* () {
      const { bodies, done } = process((p) => p.codeRun(" \n"), json({ exitCode: 0, result: "" }))
      expect(yield* done).toMatchObject({ exitCode: 0, output: "" })
      expect(bodies()).toMatchObject([{ code: " \n" }])
    })
  )

  it.effect("returns no charts when the response has none", () =>
    Effect.gen(function* () {
      const { done } = process((p) => p.codeRun("1"), json({ exitCode: 1, result: "", artifacts: { charts: null } }))
      expect(yield* done).toEqual({ exitCode: 1, output: "", charts: [] })
    })
  )
})
