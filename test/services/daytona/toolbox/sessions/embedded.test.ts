import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { CommandId, ProcessSessionId } from "../../../../../src/schema/daytona/toolbox/Session.js"
import { Process } from "../../../../../src/services/daytona/toolbox/process/Process.js"
import { operations } from "../../../../../src/services/daytona/toolbox/sessions/operations.js"
import { ProcessSessions } from "../../../../../src/services/daytona/toolbox/sessions/ProcessSessions.js"
import { Toolbox } from "../../../../../src/services/daytona/toolbox/Toolbox.js"
import { embeddedToolbox, type Generation, generations } from "../../../../support/embeddedToolbox.js"

const sandbox = (generation: Generation) =>
  Layer.mergeAll(Process.layer, ProcessSessions.layer).pipe(Layer.provideMerge(embeddedToolbox({ generation })))

const collected = <E, R>(stream: Stream.Stream<ProcessSessions.LogText, E, R>) =>
  Stream.runFold(stream, { Stdout: "", Stderr: "" }, (all, { _tag, text }) => ({ ...all, [_tag]: all[_tag] + text }))

/** Polls until there is a result: the time limit of the test is the only one. */
const eventually = <E, R>(ask: Effect.Effect<boolean, E, R>) =>
  Effect.repeat(ask, { until: (yes) => yes, schedule: Schedule.spaced("20 millis") })

describe.each(generations)("the sessions of a sandbox of generation %s", (generation) => {
  it.live("keep directory, variables and functions from command to command", () =>
    Effect.gen(function* () {
      const sessions = yield* ProcessSessions
      const session = yield* sessions.scoped()
      yield* sessions.run(session, 'cd / && NAME=world && greet() { echo "hello $NAME"; }')
      const { commandId, ...result } = yield* sessions.run(session, "greet; pwd; echo no >&2; false")
      expect(result).toMatchObject({ exitCode: 1, stdout: "hello world\n/\n", stderr: "no\n" })
      expect(yield* sessions.command(session, commandId)).toMatchObject({ exitCode: 1 })
      expect(yield* sessions.logs(session, commandId)).toEqual({ stdout: "hello world\n/\n", stderr: "no\n" })
      yield* sessions
        .run(session, "cd /tmp; NAME=other; exit 9", { isolated: true })
        .pipe(Effect.map(({ exitCode }) => expect(exitCode).toBe(9)))
      expect((yield* sessions.run(session, "greet; pwd")).stdout).toBe("hello world\n/\n")
      expect((yield* sessions.get(session)).commands).toHaveLength(4)
      expect((yield* sessions.list).map(({ sessionId }) => sessionId)).toEqual([session])
    }).pipe(Effect.scoped, Effect.provide(sandbox(generation)))
  )

  it.live("report to every wait that the shell has exited", () =>
    Effect.gen(function* () {
      const sessions = yield* ProcessSessions
      const waits: Readonly<
        Record<string, (session: ProcessSessionId) => Effect.Effect<unknown, { readonly _tag: string }>>
      > = {
        run: (session) => sessions.run(session, "echo bye; exit 3"),
        follow: (session) =>
          Effect.flatMap(sessions.start(session, "set -e; false"), (command) =>
            Stream.runDrain(sessions.follow(session, command))
          ),
        awaitExit: (session) =>
          Effect.flatMap(sessions.start(session, "kill -9 $$"), (command) => sessions.awaitExit(session, command))
      }
      const errors = yield* Effect.forEach(
        Object.values(waits),
        (wait) =>
          Effect.gen(function* () {
            const session = yield* sessions.create()
            const error = yield* Effect.flip(wait(session))
            const next = yield* Effect.flip(sessions.run(session, "echo again"))
            const started = yield* Effect.flip(sessions.start(session, "echo again"))
            yield* sessions.delete(session)
            return [error._tag, next._tag, started._tag]
          }),
        { concurrency: "unbounded" }
      )
      const all = ["ShellExited", "ShellExited", "ShellExited"]
      expect(errors).toEqual([all, all, all])
    }).pipe(Effect.provide(sandbox(generation)))
  )

  it.live("report to every wait that the session was deleted", () =>
    Effect.gen(function* () {
      const sessions = yield* ProcessSessions
      const session = yield* sessions.create({ id: "mine" })
      expect((yield* Effect.flip(sessions.create({ id: "mine" })))._tag).toBe("Conflict")
      const command = yield* sessions.start(session, "echo begun; sleep 60")
      yield* sessions.awaitLog(session, command, "begun")
      const waits = yield* Effect.fork(
        Effect.all(
          [
            Effect.flip(Stream.runDrain(sessions.follow(session, command))),
            Effect.flip(sessions.awaitExit(session, command)),
            Effect.flip(sessions.run(session, "echo behind")),
            Effect.flip(sessions.awaitLog(session, command, "never"))
          ],
          { concurrency: "unbounded" }
        )
      )
      yield* eventually(Effect.map(sessions.get(session), ({ commands }) => commands.length === 2))
      yield* sessions.delete(session)
      const tags = (yield* Fiber.join(waits)).map(({ _tag }) => _tag)
      expect(tags).toEqual(["SessionEnded", "SessionEnded", "SessionEnded", "SessionEnded"])
      expect((yield* Effect.flip(sessions.delete(session)))._tag).toBe("NotFound")
      expect((yield* Effect.flip(sessions.run(session, "echo")))._tag).toBe("NotFound")
      expect((yield* Effect.flip(Stream.runDrain(sessions.follow(session, command))))._tag).toBe("NotFound")
    }).pipe(Effect.provide(sandbox(generation)))
  )

  it.live("never end a run with the exit code of their own deletion, unless the daemon deletes them alone", () =>
    Effect.gen(function* () {
      const sessions = yield* ProcessSessions
      const toolbox = yield* Toolbox
      const deleteWithDaemon = (sessionId: ProcessSessionId) => toolbox.call(operations.delete, { path: { sessionId } })
      const endedBy = (deleteSession: (session: ProcessSessionId) => Effect.Effect<void, unknown>) =>
        Effect.gen(function* () {
          const session = yield* sessions.create()
          const running = yield* Effect.fork(Effect.either(sessions.run(session, "echo begun > mark; sleep 60")))
          const begun = sessions.run(yield* sessions.create(), "[ -e mark ] && rm mark")
          yield* eventually(Effect.map(begun, ({ exitCode }) => exitCode === 0))
          yield* deleteSession(session)
          return yield* Fiber.join(running)
        })
      expect(yield* endedBy(sessions.delete)).toMatchObject({ _tag: "Left", left: { _tag: "SessionEnded" } })
      // The exit code may be seen before the session is gone, or after.
      const seen = Effect.map(endedBy(deleteWithDaemon), (end) => Either.isRight(end) && end.right.exitCode === 143)
      yield* eventually(seen)
    }).pipe(Effect.provide(sandbox(generation)))
  )

  it.live("are deleted when a wait is interrupted, if requested", () =>
    Effect.gen(function* () {
      const sessions = yield* ProcessSessions
      for (const onInterrupt of ["nothing", "deleteSession"] as const) {
        const session = yield* sessions.create()
        const waiting = yield* Effect.fork(sessions.run(session, "sleep 60", { onInterrupt }))
        yield* eventually(Effect.map(sessions.get(session), ({ commands }) => commands.length === 1))
        yield* Fiber.interrupt(waiting)
        const left = (yield* sessions.list).map(({ sessionId }) => sessionId)
        expect(left).toEqual(onInterrupt === "nothing" ? [session] : [])
        yield* Effect.ignore(sessions.delete(session))
      }
    }).pipe(Effect.provide(sandbox(generation)))
  )

  it.live("send input to a command that was just started", () =>
    Effect.gen(function* () {
      const sessions = yield* ProcessSessions
      for (let round = 0; round < 5; round++) {
        const session = yield* sessions.scoped()
        const reader = yield* sessions.start(session, "read -r line; exit $line")
        yield* sessions.sendInput(session, reader, "3")
        yield* sessions.delete(session)
      }
    }).pipe(Effect.scoped, Effect.provide(sandbox(generation)))
  )

  it.live("send input only to running commands", () =>
    Effect.gen(function* () {
      const sessions = yield* ProcessSessions
      const session = yield* sessions.scoped()
      const running = yield* sessions.start(session, 'read -r line; echo "got $line"; read -r line; (exit 7)', {
        suppressInputEcho: true
      })
      const queued = yield* sessions.start(session, "echo later")
      expect(yield* Effect.flip(sessions.sendInput(session, queued, "x"))).toMatchObject({
        _tag: "InputRefused",
        reason: "notStarted",
        retryable: true
      })
      yield* Effect.retry(sessions.sendInput(session, running, "one"), {
        while: ({ _tag }) => _tag === "InputRefused",
        schedule: Schedule.spaced("20 millis")
      })
      expect(yield* sessions.awaitLog(session, running, "got")).toBe("got one")
      yield* sessions.sendInput(session, running, "two")
      expect(yield* sessions.awaitExit(session, running)).toBe(7)
      expect(yield* Effect.flip(sessions.sendInput(session, running, "three"))).toMatchObject({
        _tag: "InputRefused",
        reason: "ended",
        exitCode: 7
      })
      expect((yield* Effect.flip(sessions.sendInput(session, CommandId.make("none"), "x")))._tag).toBe("NotFound")
      expect(yield* sessions.awaitExit(session, queued)).toBe(0)
      expect(yield* Effect.flip(sessions.awaitLog(session, queued, "something else"))).toMatchObject({
        _tag: "LogNotSeen",
        reason: "ended",
        exitCode: 0,
        lastLines: ["later"]
      })
    }).pipe(Effect.scoped, Effect.provide(sandbox(generation)))
  )
})

describe("the sessions of a sandbox", () => {
  it.live(
    "follow a hundred commands at once",
    () =>
      Effect.gen(function* () {
        const sessions = yield* ProcessSessions
        const outputs = yield* Effect.forEach(
          Array.from({ length: 100 }, (_, index) => index),
          (index) =>
            Effect.scoped(
              Effect.gen(function* () {
                const session = yield* sessions.scoped()
                const command = yield* sessions.start(
                  session,
                  `for i in 1 2 3; do echo "${index} é $i"; echo "no $i" >&2; done`
                )
                return yield* collected(sessions.followText(session, command))
              })
            ),
          { concurrency: 100 }
        )
        expect(outputs).toEqual(
          outputs.map((_, index) => ({
            Stdout: [1, 2, 3].map((i) => `${index} é ${i}\n`).join(""),
            Stderr: "no 1\nno 2\nno 3\n"
          }))
        )
        expect(yield* sessions.list).toEqual([])
      }).pipe(Effect.provide(sandbox("current"))),
    180_000
  )
})

it.live("an invalid name is refused before anything is sent", () =>
  Effect.gen(function* () {
    const sessions = yield* ProcessSessions
    for (const id of ["", ".", "..", "a/b", "entrypoint", "a\0b"]) {
      const error = yield* Effect.flip(sessions.create({ id }))
      expect(error).toMatchObject({ _tag: "InvalidRequest", field: "sessionId" })
    }
    expect((yield* Effect.flip(sessions.run(ProcessSessionId.make("x"), "  ")))._tag).toBe("InvalidRequest")
    expect((yield* Effect.flip(sessions.start(ProcessSessionId.make("x"), [])))._tag).toBe("InvalidRequest")
    expect((yield* Effect.flip(sessions.entrypoint))._tag).toBe("NotFound")
  }).pipe(Effect.provide(sandbox("current")))
)
