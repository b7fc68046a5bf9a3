import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { EmbeddedDaytona, Fault } from "../../../../../src/embedded/daytona/index.js"
import { Process } from "../../../../../src/services/daytona/toolbox/process/Process.js"
import { ProcessSessions } from "../../../../../src/services/daytona/toolbox/sessions/ProcessSessions.js"
import { embeddedToolbox, generations, noSessionIsLeft } from "../../../../support/embeddedToolbox.js"

const paths = {
  create: "/process/session",
  exec: "/process/session/{sessionId}/exec",
  command: "/process/session/{sessionId}/command/{commandId}",
  logs: "/process/session/{sessionId}/command/{commandId}/logs"
}

const strike = (path: string, ...faults: ReadonlyArray<Fault.Fault>) =>
  Effect.flatMap(EmbeddedDaytona, (server) =>
    Effect.forEach(faults, (fault) => server.faults.inject({ fault, path }), { discard: true })
  )

const nothingIsLeft = Effect.gen(function* () {
  expect(yield* Effect.flatMap(EmbeddedDaytona, ({ faults }) => faults.pending)).toEqual([])
  yield* noSessionIsLeft
})

/** Counts its own runs, in a file in the home directory. */
const counted = (name: string) => `echo run >> "$HOME/${name}"; cat "$HOME/${name}"; exit 3`

const ranOnce = { exitCode: 3, stdout: "run\n", stderr: "" }

const read = (process: Process.Service, text: string) =>
  Effect.map(Stream.runCollect(process.stream(text)), (events) => {
    const all = [...events]
    const of = (tag: "Stdout" | "Stderr") =>
      Buffer.concat(all.flatMap((event) => (event._tag === tag ? [event.bytes] : []))).toString()
    const last = all.at(-1)
    return { exitCode: last?._tag === "Exit" ? last.exitCode : undefined, stdout: of("Stdout"), stderr: of("Stderr") }
  })

describe.each(generations)("a command over a bad connection to a sandbox of generation %s", (generation) => {
  const run = <A, E>(test: Effect.Effect<A, E, Process | ProcessSessions | EmbeddedDaytona>) =>
    test.pipe(
      Effect.provide(
        Layer.mergeAll(Process.layer, ProcessSessions.layer).pipe(Layer.provideMerge(embeddedToolbox({ generation })))
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
          const process = yield* Process
          yield* strike(paths.exec, fault)
          expect(yield* process.execute(counted("execute"))).toMatchObject(ranOnce)
          yield* strike(paths.exec, fault)
          expect(yield* read(process, counted("stream"))).toMatchObject(ranOnce)
          yield* nothingIsLeft
        })
      )
    )
  }

  it.live("has exactly one session when the response to its creation is lost", () =>
    run(
      Effect.gen(function* () {
        const process = yield* Process
        yield* strike(paths.create, Fault.resetAfterRequest)
        expect(yield* process.execute(counted("lost"))).toMatchObject(ranOnce)
        yield* nothingIsLeft
      })
    )
  )

  it.live("in the background is gone before its scope closes when what it has left cannot be ended first", () =>
    run(
      Effect.gen(function* () {
        const process = yield* Process
        yield* Effect.scoped(
          Effect.gen(function* () {
            const running = yield* process.start("exit 3")
            expect(yield* running.exitCode).toBe(3)
            yield* strike("/process/execute", Fault.status(500))
          })
        )
        expect(yield* Effect.flatMap(ProcessSessions, ({ list }) => list)).toEqual([])
        yield* nothingIsLeft
      })
    )
  )

  it.live("is followed without loss, wherever its log is cut and however the socket closes", () =>
    run(
      Effect.gen(function* () {
        const process = yield* Process
        yield* strike(
          paths.logs,
          Fault.cutSocket(0),
          Fault.cutSocket(7),
          Fault.closeSocket({ afterBytes: 100, code: 1011 }),
          Fault.status(502),
          Fault.closeSocket({ afterBytes: 2000, code: 1008, reason: "slow consumer" }),
          Fault.closeSocket({ afterBytes: 3000, code: 1000 }),
          Fault.reframe(1)
        )
        yield* strike(paths.command, Fault.status(502))
        const text = 'for i in $(seq 1 500); do echo "é $i"; echo "no $i" >&2; done; sleep 1; exit 6'
        const result = yield* read(process, text)
        const numbers = Array.from({ length: 500 }, (_, index) => index + 1)
        expect(result).toMatchObject({
          exitCode: 6,
          stdout: numbers.map((each) => `é ${each}\n`).join(""),
          stderr: numbers.map((each) => `no ${each}\n`).join("")
        })
        yield* noSessionIsLeft
      })
    )
  )

  it.live("in the background refers to the delivery that runs when its request was retried on the way", () =>
    run(
      Effect.gen(function* () {
        const process = yield* Process
        yield* strike(paths.exec, Fault.replayRequest)
        const server = yield* process.start("echo ready; read -r line; echo got $line; exit 3")
        expect(yield* server.awaitLog("ready", { timeout: "10 seconds" })).toBe("ready")
        yield* server.sendInput("it")
        expect(yield* server.exitCode).toBe(3)
        expect(yield* Stream.mkString(Stream.map(server.outputText, ({ text }) => text))).toBe("ready\ngot it\n")
      }).pipe(Effect.scoped)
    )
  )

  it.live("takes input before it is known which delivery runs", () =>
    run(
      Effect.gen(function* () {
        const process = yield* Process
        yield* strike(paths.exec, Fault.replayRequest)
        const silent = yield* process.start("read -r line; exit $line")
        yield* Effect.retry(silent.sendInput("4"), { times: 50, schedule: Schedule.spaced("20 millis") })
        expect(yield* silent.exitCode).toBe(4)
      }).pipe(Effect.scoped)
    )
  )

  it.live("in a shared session is found again when no other has its text", () =>
    run(
      Effect.gen(function* () {
        const sessions = yield* ProcessSessions
        const session = yield* sessions.scoped()
        yield* strike(paths.exec, Fault.resetAfterRequest)
        expect(yield* sessions.run(session, "echo hello")).toMatchObject({ exitCode: 0, stdout: "hello\n" })
        yield* strike(paths.exec, Fault.resetAfterRequest)
        const error = yield* Effect.flip(sessions.run(session, "echo hello"))
        expect(error).toMatchObject({ _tag: "TransportError", admitted: "unknown" })
      }).pipe(Effect.scoped)
    )
  )
})
