/** Commands with a key: each runs at most once in its sandbox. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { EmbeddedDaytona, Fault } from "../../../../../src/embedded/daytona/index.js"
import { Sandboxes } from "../../../../../src/services/daytona/sandboxes/Sandboxes.js"
import { Files } from "../../../../../src/services/daytona/toolbox/files/Files.js"
import { Process } from "../../../../../src/services/daytona/toolbox/process/Process.js"
import { ProcessSessions } from "../../../../../src/services/daytona/toolbox/sessions/ProcessSessions.js"
import { Toolbox } from "../../../../../src/services/daytona/toolbox/Toolbox.js"
import { embeddedToolbox, generations } from "../../../../support/embeddedToolbox.js"

const key = "deploy/42"

/** Counts its runs in a file. */
const counted = (then = "exit 3") => `echo run >> runs; echo out; echo err >&2; ${then}`
const outcome = { exitCode: 3, stdout: "out\n", stderr: "err\n", truncated: false }

/** Goes on when there is a file. */
const waiting = counted("until [ -e go ]; do sleep 0.02; done; exit 3")

const text = (path: string) => Effect.flatMap(Files, (files) => Effect.orElseSucceed(files.readText(path), () => ""))

const runs = Effect.map(text("runs"), (lines) => lines.split("\n").length - 1)

const hasStarted = Effect.repeat(runs, { until: (count) => count > 0, schedule: Schedule.spaced("20 millis") })

const go = Effect.flatMap(Files, (files) => files.writeText("go", "yes"))

const execute = (command: string, options: Partial<Process.KeyedExecuteOptions> = {}) =>
  Effect.flatMap(Process, (process) => process.execute(command, { key, ...options }))

/** As another process does. */
const executeElsewhere = (command: string, options: Partial<Process.KeyedExecuteOptions> = {}) =>
  Effect.provide(execute(command, options), Layer.fresh(Process.layer))

const forget = Effect.flatMap(Process, (process) => process.forget(key))

const restart = Effect.gen(function* () {
  const { sandboxId } = yield* Toolbox
  const sandboxes = yield* Sandboxes
  yield* sandboxes.stop(sandboxId)
  yield* sandboxes.start(sandboxId)
})

const strike = (path: string, fault: Fault.Fault) =>
  Effect.flatMap(EmbeddedDaytona, (server) => server.faults.inject({ fault, path }))

/** A record that is not seen, and a session. */
const nothingPrinted = Fault.replaceBody('{"exitCode":0,"result":""}', "application/json")
const notFound = Fault.status(404, { body: '{"statusCode":404,"message":"not found: session not found"}' })

const sessions = Effect.flatMap(ProcessSessions, ({ list }) => list)

const textOf = (process: Process.RunningProcess) =>
  Stream.mkString(Stream.map(process.outputText, (printed) => printed.text))

describe.each(generations)("a command with a key in a sandbox of generation %s", (generation) => {
  const layer = Layer.mergeAll(Process.layer, ProcessSessions.layer, Files.layer).pipe(
    Layer.provideMerge(embeddedToolbox({ generation }))
  )
  const run = <A, E>(test: Effect.Effect<A, E, Layer.Layer.Success<typeof layer>>) => Effect.provide(test, layer)

  it.live("runs once, and its outcome is found by everyone who asks later", () =>
    run(
      Effect.gen(function* () {
        expect(yield* execute(counted())).toEqual(outcome)
        expect(yield* executeElsewhere(counted())).toEqual(outcome)
        expect(yield* runs).toBe(1)
        expect(yield* execute(counted(), { key: "deploy/43" })).toEqual(outcome)
        expect(yield* runs).toBe(2)
      })
    )
  )

  it.live("runs once when many ask for it at the same time, and all get its outcome", () =>
    run(
      Effect.gen(function* () {
        const all = yield* Effect.all(
          Array.from({ length: 30 }, () => executeElsewhere(counted())),
          { concurrency: "unbounded" }
        )
        expect(all).toEqual(Array.from({ length: 30 }, () => outcome))
        expect(yield* runs).toBe(1)
      })
    )
  )

  it.live("is joined while it runs", () =>
    run(
      Effect.gen(function* () {
        const first = yield* Effect.fork(execute(waiting))
        yield* hasStarted
        const second = yield* Effect.fork(executeElsewhere(waiting))
        const refused = yield* Effect.flip(executeElsewhere(counted("exit 4")))
        expect(refused).toMatchObject({ _tag: "CommandKeyConflict", key, admitted: "no" })
        yield* go
        expect(yield* Fiber.join(first)).toEqual(outcome)
        expect(yield* Fiber.join(second)).toEqual(outcome)
        expect(yield* runs).toBe(1)
      })
    )
  )

  it.live("is joined by those who did not see that it runs when they sent it", () =>
    run(
      Effect.gen(function* () {
        const first = yield* Effect.fork(execute(waiting))
        yield* hasStarted
        const unseen = Effect.gen(function* () {
          yield* strike("/process/session/{sessionId}", notFound)
          yield* strike("/process/execute", nothingPrinted)
        })
        yield* unseen
        expect(yield* Effect.flip(executeElsewhere(counted("exit 4")))).toMatchObject({ _tag: "CommandKeyConflict" })
        yield* unseen
        const second = yield* Effect.fork(executeElsewhere(waiting))
        yield* Effect.repeat(sessions, {
          until: ([session]) => (session?.commands.length ?? 0) === 3,
          schedule: Schedule.spaced("20 millis")
        })
        yield* go
        expect(yield* Fiber.join(first)).toEqual(outcome)
        expect(yield* Fiber.join(second)).toEqual(outcome)
        expect(yield* executeElsewhere(waiting)).toEqual(outcome)
        expect(yield* runs).toBe(1)
      })
    )
  )

  it.live("goes on when the one who asked is interrupted, and is found again", () =>
    run(
      Effect.gen(function* () {
        const first = yield* Effect.fork(execute(waiting))
        yield* hasStarted
        yield* Fiber.interrupt(first)
        yield* go
        expect(yield* executeElsewhere(waiting)).toEqual(outcome)
        expect(yield* runs).toBe(1)
      })
    )
  )

  it.live("is refused when the key has another command, directory, environment or input", () =>
    run(
      Effect.gen(function* () {
        yield* execute(counted())
        for (const [command, options] of [
          [counted("exit 4"), {}],
          [counted(), { cwd: "/tmp" }],
          [counted(), { env: { A: "1" } }],
          [counted(), { stdin: "text" }]
        ] as const) {
          expect(yield* Effect.flip(execute(command, options))).toMatchObject({ _tag: "CommandKeyConflict" })
        }
        expect(yield* runs).toBe(1)
      })
    )
  )

  it.live("is not run again when the sandbox was restarted while it ran", () =>
    run(
      Effect.gen(function* () {
        const asking = yield* Effect.fork(Effect.flip(execute(waiting)))
        yield* hasStarted
        yield* restart
        const lost = { _tag: "CommandLost", reason: "interrupted", admitted: "unknown" }
        expect((yield* Fiber.join(asking))._tag).toMatch(/CommandLost|SessionEnded/)
        expect(yield* Effect.flip(execute(waiting))).toMatchObject(lost)
        const started = Effect.flatMap(Process, (process) => process.start(waiting, { key }))
        // `start` has no input, so it is another command.
        expect(yield* Effect.flip(started)).toMatchObject({ _tag: "CommandKeyConflict" })
        expect(yield* Effect.flip(execute(counted("exit 4")))).toMatchObject({ _tag: "CommandKeyConflict" })
        expect(yield* runs).toBe(1)
        yield* forget
        yield* go
        expect(yield* execute(waiting)).toEqual(outcome)
        expect(yield* runs).toBe(2)
      })
    )
  )

  it.live("has only its exit code left when the sandbox was restarted after it had ended", () =>
    run(
      Effect.gen(function* () {
        yield* execute(counted())
        yield* restart
        const all = yield* Effect.all(
          Array.from({ length: 5 }, () => Effect.flip(executeElsewhere(counted()))),
          { concurrency: "unbounded" }
        )
        for (const lost of all) expect(lost).toMatchObject({ _tag: "CommandLost", reason: "ended", exitCode: 3 })
        expect(yield* runs).toBe(1)
        expect(yield* sessions).toEqual([])
      })
    )
  )

  it.live("is not run again, also when its record was not seen before", () =>
    run(
      Effect.gen(function* () {
        yield* execute(counted())
        yield* restart
        yield* strike("/process/execute", nothingPrinted)
        expect(yield* Effect.flip(execute(counted()))).toMatchObject({ _tag: "CommandLost", reason: "ended" })
        expect(yield* runs).toBe(1)
        expect(yield* sessions).toEqual([])
      })
    )
  )

  it.live("is killed by its time limit, and not run again", () =>
    run(
      Effect.gen(function* () {
        const failure = yield* Effect.flip(execute(waiting, { timeout: "2 seconds" }))
        expect(failure).toMatchObject({ _tag: "CommandTimeout", stdout: "out\n" })
        expect(yield* Effect.flip(execute(waiting))).toMatchObject({ _tag: "CommandLost", reason: "killed" })
        expect(yield* runs).toBe(1)
      })
    )
  )

  it.live("is not said to be killed when it had ended in time and only its answer is late", () =>
    run(
      Effect.gen(function* () {
        yield* strike("/process/session/{sessionId}/command/{commandId}", Fault.slowFirstByte("20 seconds"))
        expect(yield* execute(counted(), { timeout: "4 seconds" })).toEqual(outcome)
      })
    )
  )

  it.live("is killed by its key, while others wait for it", () =>
    run(
      Effect.gen(function* () {
        const asking = yield* Effect.fork(Effect.flip(execute(waiting)))
        yield* hasStarted
        yield* Effect.flatMap(Process, (process) => process.kill(key))
        expect(yield* Fiber.join(asking)).toMatchObject({ _tag: "CommandLost", reason: "killed", admitted: "yes" })
        expect(yield* Effect.flip(execute(waiting))).toMatchObject({ _tag: "CommandLost", reason: "killed" })
      })
    )
  )

  it.live("keeps its outcome when it is killed after it has ended", () =>
    run(
      Effect.gen(function* () {
        yield* execute(counted())
        yield* Effect.flatMap(Process, (process) => process.kill(key))
        expect(yield* execute(counted())).toEqual(outcome)
      })
    )
  )

  it.live("leaves nothing behind when it is forgotten", () =>
    run(
      Effect.gen(function* () {
        yield* execute(counted())
        yield* forget
        expect(yield* sessions).toEqual([])
        const { output } = yield* Effect.flatMap(Process, (process) => process.executeMerged("ls ~/.effect-sandboxes"))
        expect(output).toBe("")
        yield* forget
      })
    )
  )

  it.live("does not run when its key cannot be recorded", () =>
    run(
      Effect.gen(function* () {
        yield* Effect.flatMap(Files, (files) => files.writeText(".effect-sandboxes", "not a directory"))
        const refused = yield* Effect.flip(execute(counted()))
        expect(refused).toMatchObject({ _tag: "CommandLost", reason: "notRecorded", admitted: "no" })
        expect(yield* runs).toBe(0)
        yield* Effect.flatMap(Files, (files) => files.delete(".effect-sandboxes"))
        expect(yield* execute(counted())).toEqual(outcome)
      })
    )
  )

  it.live("that ends its shell is not run again", () =>
    run(
      Effect.gen(function* () {
        expect(yield* Effect.flip(execute(counted("kill -9 $$")))).toMatchObject({ _tag: "ShellExited" })
        expect(yield* Effect.flip(execute(counted("kill -9 $$")))).toMatchObject({
          _tag: "CommandLost",
          reason: "interrupted"
        })
        expect(yield* runs).toBe(1)
      })
    )
  )

  for (const [name, fault] of [
    ["is repeated on its way", Fault.replayRequest],
    ["is not answered", Fault.resetAfterRequest],
    ["is answered with half an answer", Fault.truncatedJson],
    ["is answered by a proxy", Fault.status(502)]
  ] as const) {
    it.live(`runs once when its request ${name}`, () =>
      run(
        Effect.gen(function* () {
          for (const path of ["/process/session", "/process/session/{sessionId}/exec", "/process/execute"]) {
            yield* strike(path, fault)
          }
          const first = yield* Effect.either(execute(counted()))
          // The record is read before anything is run, and its failure is that of the caller's.
          if (first._tag === "Left") expect(yield* runs).toBe(0)
          expect(yield* execute(counted())).toEqual(outcome)
          expect(yield* runs).toBe(1)
        })
      )
    )
  }

  it.live("in the background outlives its scope, and is read from its beginning by all who start it", () =>
    run(
      Effect.gen(function* () {
        const process = yield* Process
        yield* Effect.scoped(Effect.asVoid(process.start(waiting, { key })))
        yield* hasStarted
        const again = yield* process.start(waiting, { key })
        yield* go
        expect(yield* again.exitCode).toBe(3)
        expect(yield* textOf(again)).toContain("out\n")
        expect(yield* textOf(yield* process.start(waiting, { key }))).toContain("out\n")
        expect(yield* runs).toBe(1)
      })
    )
  )

  it.live("in the background is killed by whoever has found it", () =>
    run(
      Effect.gen(function* () {
        const process = yield* Process
        const first = yield* process.start(waiting, { key })
        yield* hasStarted
        yield* (yield* process.start(waiting, { key })).kill
        expect(yield* Effect.flip(first.exitCode)).toMatchObject({ _tag: "SessionEnded" })
        expect(yield* Effect.flip(process.start(waiting, { key }))).toMatchObject({
          _tag: "CommandLost",
          reason: "killed"
        })
      })
    )
  )
})

describe("a key that cannot be used", () => {
  it.live.each(["", "\ud800", "é".repeat(513)])("is refused before anything is sent", (wrong) =>
    Effect.gen(function* () {
      const process = yield* Process
      for (const refused of [
        process.execute("ls", { key: wrong }),
        process.start("ls", { key: wrong }),
        process.kill(wrong),
        process.forget(wrong)
      ] as ReadonlyArray<Effect.Effect<unknown, { readonly _tag: string }>>) {
        expect(yield* Effect.flip(refused)).toMatchObject({ _tag: "InvalidRequest", field: "key" })
      }
    }).pipe(Effect.provide(Process.layer), Effect.provide(embeddedToolbox()))
  )
})
