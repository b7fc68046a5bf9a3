/** How commands end when their shell, what they started or the network does not do what it should. */
import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { Files } from "../../../../../src/services/daytona/toolbox/files/Files.js"
import { Process } from "../../../../../src/services/daytona/toolbox/process/Process.js"
import { ProcessSessions } from "../../../../../src/services/daytona/toolbox/sessions/ProcessSessions.js"
import { embeddedToolbox, type Generation, generations, noSessionIsLeft } from "../../../../support/embeddedToolbox.js"

const sandbox = (generation: Generation) =>
  Layer.mergeAll(Process.layer, ProcessSessions.layer, Files.layer).pipe(
    Layer.provideMerge(embeddedToolbox({ generation }))
  )

/** Far less than the children of these commands live. */
const soon = Duration.seconds(25)

const promptly = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.timed(effect), ([duration, result]) => {
    expect(Duration.toMillis(duration)).toBeLessThan(Duration.toMillis(soon))
    return result
  })

/** Waits for a file that a command writes its process id to, and returns the id. */
const pidIn = (path: string): Effect.Effect<string, never, Files> =>
  Effect.flatMap(Files, (files) => Effect.orElseSucceed(files.readText(path), () => "")).pipe(
    Effect.flatMap((text) => (/\d\n/.test(text) ? Effect.succeed(text.trim()) : Effect.delay(pidIn(path), "20 millis")))
  )

/** Whether a process runs; a zombie counts as dead. */
const lives = (pid: string) =>
  Effect.flatMap(Process, (process) =>
    Effect.map(process.executeMerged(`grep -qs '^State:.[^ZX]' /proc/${pid}/status`), ({ exitCode }) => exitCode === 0)
  )

const dies = (pid: string) =>
  Effect.repeat(lives(pid), { until: (alive) => !alive, schedule: Schedule.spaced("50 millis") }).pipe(
    Effect.timeoutOption(soon),
    Effect.map(Option.isSome)
  )

const outputOf = (events: Iterable<Process.ProcessEvent>, tag: "Stdout" | "Stderr") =>
  Buffer.concat([...events].flatMap((event) => (event._tag === tag ? [event.bytes] : []))).toString()

/**
 * Writes its process id to a file. It has left its group and has no parent: no signal to a group or a tree reaches it.
 */
const escaping = (file: string, redirection = "") =>
  `(setsid sh -c 'echo $$ > ${file}; exec sleep 60' ${redirection} &); while [ ! -s ${file} ]; do sleep 0.02; done; `

describe.each(generations)("a command in a sandbox of generation %s", (generation) => {
  const run = <A, E>(test: Effect.Effect<A, E, Process | ProcessSessions | Files>) =>
    Effect.provide(test, sandbox(generation))

  it.live.each(["sleep 60 & echo started; exit 3", "(while :; do sleep 1; done) & echo started; exit 3"])(
    "that leaves something behind which holds its output open ends with its own exit code: %s",
    (text) =>
      run(
        Effect.gen(function* () {
          const process = yield* Process
          const result = { exitCode: 3, stdout: "started\n", stderr: "" }
          expect(yield* promptly(process.execute(text))).toMatchObject(result)
          expect(yield* promptly(process.execute(text, { timeout: "10 seconds" }))).toMatchObject(result)
          const events = [...(yield* promptly(Stream.runCollect(process.stream(text))))]
          expect(outputOf(events, "Stdout")).toBe("started\n")
          expect(events.at(-1)).toEqual({ _tag: "Exit", exitCode: 3 })
        })
      )
  )

  it.live("in the background ends with its own exit code and output while its child keeps running", () =>
    run(
      Effect.gen(function* () {
        const process = yield* Process
        const text = `sh -c 'echo $$ > child; while sleep 0.1; do echo noise; done' & printf 'no newline'; echo "to both" >&2; exit 4`
        const pid = yield* Effect.scoped(
          Effect.gen(function* () {
            const running = yield* process.start(text)
            expect(yield* promptly(running.exitCode)).toBe(4)
            const output = yield* promptly(Stream.runCollect(running.output))
            expect(outputOf(output, "Stdout").replaceAll("noise\n", "")).toBe("no newline\n")
            expect(outputOf(output, "Stderr")).toBe("to both\n")
            const error = yield* Effect.flip(running.awaitLog("never"))
            expect(error).toMatchObject({ _tag: "LogNotSeen", reason: "ended", exitCode: 4 })
            const child = yield* pidIn("child")
            expect(yield* lives(child)).toBe(true)
            return child
          })
        )
        expect(yield* dies(pid)).toBe(true)
      })
    )
  )

  /** However it is run. */
  const everyWay = (text: string) =>
    Effect.flatMap(Process, (process) =>
      Effect.forEach(
        [
          Effect.map(process.execute(text), ({ exitCode }) => exitCode),
          Effect.map(Stream.runCollect(process.stream(text)), (events) => {
            const last = [...events].at(-1)
            return last?._tag === "Exit" ? last.exitCode : undefined
          }),
          Effect.scoped(Effect.flatMap(process.start(text), ({ exitCode }) => exitCode))
        ],
        (waiting) => Effect.merge(Effect.mapError(waiting, ({ _tag }) => _tag)),
        { concurrency: "unbounded" }
      )
    )

  it.live("whose shell dies fails with ShellExited, however it is run", () =>
    run(
      Effect.gen(function* () {
        expect(yield* promptly(everyWay("kill -9 $$"))).toEqual(Array(3).fill("ShellExited"))
        // The signal to its group ends the command, and its shell, unless that notices nothing but the end of the
        // command.
        const ends = yield* promptly(everyWay(`bash -c "trap 'kill 0' EXIT; echo working"`))
        expect(ends.map((end) => end === "ShellExited" || end === 143)).toEqual(Array(3).fill(true))
      })
    )
  )

  it.live("whose shell dies fails although its child keeps printing", () =>
    run(
      Effect.gen(function* () {
        const process = yield* Process
        const text = "(while echo noise; do sleep 0.02; done) & kill -9 $$"
        expect(yield* promptly(Effect.flip(Stream.runDrain(process.stream(text))))).toMatchObject({
          _tag: "ShellExited"
        })
      })
    )
  )

  it.live("takes everything down that it has started, also what has left its process group", () =>
    run(
      Effect.gen(function* () {
        const process = yield* Process
        yield* promptly(process.execute(`${escaping("holding")} echo`))
        yield* promptly(process.execute(`${escaping("quiet", "> /dev/null 2>&1")} echo`))
        yield* promptly(Stream.runDrain(process.stream(`${escaping("streamed", "> /dev/null 2>&1")} echo`)))
        const late = process.execute(`${escaping("late", "> /dev/null 2>&1")} sleep 60`, { timeout: "1 second" })
        expect((yield* promptly(Effect.flip(late)))._tag).toBe("CommandTimeout")
        const fiber = yield* Effect.fork(process.execute(`${escaping("interrupted")} sleep 60`))
        yield* pidIn("interrupted")
        yield* promptly(Fiber.interrupt(fiber))
        yield* Effect.scoped(Effect.zipRight(process.start(`${escaping("scoped")} sleep 60`), pidIn("scoped")))
        const killed = yield* Effect.scoped(
          Effect.gen(function* () {
            const running = yield* process.start(`${escaping("killed")} sleep 60`)
            const pid = yield* pidIn("killed")
            yield* running.kill
            return yield* dies(pid)
          })
        )
        expect(killed).toBe(true)
        for (const file of ["holding", "quiet", "streamed", "late", "interrupted", "scoped"]) {
          expect([file, yield* dies(yield* pidIn(file))]).toEqual([file, true])
        }
      })
    )
  )

  it.live("in the background leaves nothing running when its scope closes after its end", () =>
    run(
      Effect.gen(function* () {
        const process = yield* Process
        const pid = yield* Effect.scoped(
          Effect.gen(function* () {
            const running = yield* process.start(`${escaping("left", "> /dev/null 2>&1")} exit 3`)
            expect(yield* running.exitCode).toBe(3)
            return yield* pidIn("left")
          })
        )
        expect(yield* lives(pid)).toBe(false)
        yield* noSessionIsLeft
      })
    )
  )

  it.live("runs nothing more when its session is deleted, and neither does what is queued behind it", () =>
    run(
      Effect.gen(function* () {
        const sessions = yield* ProcessSessions
        const files = yield* Files
        const session = yield* sessions.create()
        yield* sessions.start(session, "echo $$ > begun; sleep 60; touch next")
        yield* sessions.start(session, "touch queued")
        const pid = yield* pidIn("begun")
        yield* promptly(sessions.delete(session))
        expect(yield* dies(pid)).toBe(true)
        expect(yield* files.exists("next")).toBe(false)
        expect(yield* files.exists("queued")).toBe(false)
      })
    )
  )

  it.live("runs nothing more when it is interrupted, and neither does what it has left behind", () =>
    run(
      Effect.gen(function* () {
        const process = yield* Process
        const files = yield* Files
        for (const name of ["a", "b", "c"]) {
          const fiber = yield* Effect.fork(process.execute(`echo $$ > ${name}; sleep 60; touch ${name}-next`))
          yield* pidIn(name)
          yield* promptly(Fiber.interrupt(fiber))
          yield* promptly(process.execute(`(sleep 60; touch ${name}-later) & echo`))
          expect(yield* files.exists(`${name}-next`)).toBe(false)
          expect(yield* files.exists(`${name}-later`)).toBe(false)
        }
      })
    )
  )

  it.live("that ignores SIGTERM is killed with its session", () =>
    run(
      Effect.gen(function* () {
        const sessions = yield* ProcessSessions
        const session = yield* sessions.create()
        yield* sessions.start(session, "sh -c 'trap \"\" TERM; echo $$ > deaf; while :; do sleep 1; done'")
        const pid = yield* pidIn("deaf")
        yield* promptly(sessions.delete(session))
        expect(yield* dies(pid)).toBe(true)
      })
    )
  )

  it.live("leaves no trace of its session behind", () =>
    run(
      Effect.gen(function* () {
        const process = yield* Process
        const sessions = yield* ProcessSessions
        yield* process.execute("echo")
        yield* Stream.runDrain(process.stream("echo"))
        yield* Effect.scoped(Effect.flatMap(process.start("echo"), ({ exitCode }) => exitCode))
        yield* Effect.scoped(sessions.scoped())
        // The daemon may answer before the files of a session are gone.
        const left = process.executeMerged("ls $TMPDIR | grep effect-sandboxes")
        yield* Effect.repeat(left, { until: ({ output }) => output === "", schedule: Schedule.spaced("50 millis") })
      })
    )
  )

  it.live("ends a few tenths of a second after its last output", () =>
    run(
      Effect.gen(function* () {
        const process = yield* Process
        const attempts = yield* Effect.forEach([1, 2, 3, 4, 5], () =>
          Effect.gen(function* () {
            let last = 0
            const [, events] = yield* Effect.timed(
              Stream.runCollect(
                Stream.tap(process.stream("echo hello"), ({ _tag }) =>
                  Effect.sync(() => {
                    if (_tag === "Stdout") last = performance.now()
                  })
                )
              )
            )
            expect(outputOf(events, "Stdout")).toBe("hello\n")
            return performance.now() - last
          })
        )
        // The daemon closes the web socket a whole second after the end.
        expect(Math.min(...attempts)).toBeLessThan(700)
      })
    )
  )
})
