import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { CommandId, ProcessSessionId } from "../../../../../src/schema/daytona/toolbox/Session.js"
import { introduction as introductionOf } from "../../../../../src/services/daytona/toolbox/process/shellLiveness.js"
import { ProcessSessions } from "../../../../../src/services/daytona/toolbox/sessions/ProcessSessions.js"
import { type Answer, json, reset } from "../../../../support/scriptedServer.js"
import { oldRefusal, scriptedToolbox } from "../../../../support/scriptedToolbox.js"

const created: Answer = { status: 201 }
const started = json({ cmdId: "c", output: null, stdout: null, stderr: null, exitCode: null }, 202)
const conflict = oldRefusal(409, "CONFLICT", "conflict: session already exists")
const session = (
  ...commands: ReadonlyArray<{ readonly id: string; readonly command: string; readonly exitCode?: number }>
) => json({ sessionId: "s", commands })
const mine = ProcessSessionId.make("s")
const introduction = introductionOf(mine)

const sessions = <A, E>(
  use: (sessions: ProcessSessions.Service) => Effect.Effect<A, E>,
  ...answers: ReadonlyArray<Answer>
) => {
  const toolbox = scriptedToolbox(...answers)
  const done = Effect.flatMap(ProcessSessions, use).pipe(
    Effect.provide(ProcessSessions.layer),
    Effect.provide(toolbox.layer)
  )
  const lines = () => toolbox.lines().map((line) => line.replaceAll(/effect-sandboxes-[0-9a-f]{32}/g, "S"))
  return { ...toolbox, lines, done }
}

describe("ProcessSessions.create", () => {
  it.effect("makes the shell introduce itself, and hides that command", () =>
    Effect.gen(function* () {
      const { bodies, done } = sessions(
        (s) => Effect.all([s.create({ id: "s" }), s.get(mine), s.list]),
        created,
        started,
        session({ id: "a", command: introduction, exitCode: 0 }, { id: "b", command: "ls" }),
        json([
          { sessionId: "s", commands: [{ id: "a", command: introduction }] },
          { sessionId: "t", commands: null }
        ])
      )
      expect(yield* done).toEqual([
        "s",
        { sessionId: "s", commands: [{ id: "b", command: "ls" }] },
        [
          { sessionId: "s", commands: [] },
          { sessionId: "t", commands: [] }
        ]
      ])
      expect(bodies().slice(0, 2)).toEqual([{ sessionId: "s" }, { command: introduction, runAsync: true }])
    })
  )

  it.effect("refuses every name that the daemon's shell could read, before sending anything", () =>
    Effect.gen(function* () {
      const refused = (id: string) =>
        Effect.gen(function* () {
          const { asked, done } = sessions((s) => Effect.flip(s.create({ id })), created)
          expect([id, yield* done]).toMatchObject([id, { _tag: "InvalidRequest", field: "sessionId" }])
          expect(asked).toEqual([])
        })
      const odd = ["$(id>x)", "`id`", "$HOME", "a\tb", "a\nb", "a b", "a\u00a0b", "a\u200bb", "é", "-n", ".x", "..", ""]
      for (const id of [...odd, "a/b", "'a'", "a;b", "a*", "~", "entrypoint", "x".repeat(129)]) yield* refused(id)
      const accepted = FastCheck.sample(FastCheck.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/), 20)
      for (const id of accepted) {
        const { bodies, done } = sessions((s) => s.create({ id }), created, started)
        expect(yield* done).toBe(id)
        expect(bodies()[0]).toEqual({ sessionId: id })
      }
      const others = FastCheck.sample(
        FastCheck.string({ unit: "binary", minLength: 1 }).filter((id) => /[^\w.-]/.test(id)),
        20
      )
      for (const id of others) yield* refused(id)
    })
  )

  it.effect("succeeds when the shell does not introduce itself", () =>
    Effect.gen(function* () {
      const { done } = sessions((s) => s.create({ id: "s" }), created, { status: 500 })
      expect(yield* done).toBe("s")
    })
  )

  it.effect("retries only the creation of a session with a generated name", () =>
    Effect.gen(function* () {
      const unique = sessions((s) => s.create(), reset, conflict, started)
      const fiber = yield* Effect.fork(unique.done)
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(fiber)
      expect(unique.lines()).toEqual(["POST /process/session", "POST /process/session", "POST /process/session/S/exec"])
      const named = sessions((s) => s.create({ id: "s" }), reset, created)
      expect(yield* Effect.flip(named.done)).toMatchObject({ _tag: "TransportError", admitted: "unknown" })
      expect(named.lines()).toEqual(["POST /process/session"])
    })
  )
})

describe("ProcessSessions.scoped", () => {
  it.effect("does not delete the session of another program", () =>
    Effect.gen(function* () {
      const taken = sessions((s) => Effect.scoped(s.scoped({ id: "s" })), conflict)
      expect((yield* Effect.flip(taken.done))._tag).toBe("Conflict")
      expect(taken.lines()).toEqual(["POST /process/session"])
    })
  )

  it.effect("removes what a shell records between the search for it and the end of its session", () =>
    Effect.gen(function* () {
      const ended = (printed: string) =>
        Effect.gen(function* () {
          const { bodies, done, lines } = sessions(
            (s) => Effect.scoped(s.scoped({ id: "s" })),
            created,
            started,
            json({ exitCode: 0, result: printed }),
            { status: 204 },
            json({ exitCode: 0, result: "" })
          )
          yield* done
          return { lines: lines().slice(2), last: bodies().at(-1) }
        })
      const [stop, remove] = ["POST /process/execute", "DELETE /process/session/s"]
      expect(yield* ended("unrecorded\n")).toMatchObject({
        lines: [stop, remove, "POST /process/execute"],
        last: { command: expect.stringMatching(/^rm -f .*effect-sandboxes-s'?$/) }
      })
      expect((yield* ended("")).lines).toEqual([stop, remove])
    })
  )

  it.effect("deletes a session whose creation was interrupted, unless it is in use", () =>
    Effect.gen(function* () {
      const interrupted = (found: Answer) =>
        Effect.gen(function* () {
          const { done, lines } = sessions(
            (s) => Effect.scoped(s.scoped({ id: "s" })),
            { ...created, after: "1 hour" },
            found,
            { status: 204 }
          )
          const fiber = yield* Effect.fork(done)
          yield* TestClock.adjust("1 second")
          yield* Fiber.interrupt(fiber)
          return lines().slice(1)
        })
      expect(yield* interrupted(session())).toEqual(["GET /process/session/s", "DELETE /process/session/s"])
      expect(yield* interrupted(session({ id: "a", command: "ls" }))).toEqual(["GET /process/session/s"])
    })
  )
})

describe("ProcessSessions", () => {
  it.effect("reads null as no sessions", () =>
    Effect.gen(function* () {
      expect(yield* sessions((s) => s.list, json(null)).done).toEqual([])
    })
  )

  it.effect("reads the session of the entrypoint", () =>
    Effect.gen(function* () {
      const { done, lines } = sessions(
        (s) => Effect.all([s.entrypoint, s.entrypointLogs]),
        json({ sessionId: "entrypoint", commands: [{ id: "entrypoint_command", command: "serve" }] }),
        json({ output: "\x01\x01\x01up\n", stdout: "up\n", stderr: null })
      )
      expect(yield* done).toEqual([
        { sessionId: "entrypoint", commands: [{ id: "entrypoint_command", command: "serve" }] },
        { stdout: "up\n", stderr: "" }
      ])
      expect(lines()).toEqual(["GET /process/session/entrypoint", "GET /process/session/entrypoint/logs"])
    })
  )

  it.effect("waits for a command through transient failures, up to its timeout", () =>
    Effect.gen(function* () {
      const command = CommandId.make("c")
      const running = json({ id: "c", command: "x" })
      const { done } = sessions(
        (s) => s.awaitExit(mine, command),
        running,
        { status: 502 },
        running,
        reset,
        json({ id: "c", exitCode: 4 })
      )
      const fiber = yield* Effect.fork(done)
      yield* TestClock.adjust("1 minute")
      expect(yield* Fiber.join(fiber)).toBe(4)
      const slow = sessions((s) => Effect.flip(s.awaitExit(mine, command, { timeout: "3 seconds" })), running)
      const waiting = yield* Effect.fork(slow.done)
      yield* TestClock.adjust("3 seconds")
      expect(yield* Fiber.join(waiting)).toMatchObject({ _tag: "CommandWaitTimeout", commandId: "c", retryable: true })
    })
  )
})
