import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as TestContext from "effect/TestContext"
import { CommandId, ProcessSessionId } from "../../../../../src/schema/daytona/toolbox/Session.js"
import { ProcessSessions } from "../../../../../src/services/daytona/toolbox/sessions/ProcessSessions.js"
import { makeLogDemux } from "../../../../../src/stream/LogDemux.js"
import { appOf, type Connection, type Reading, type Script, toolboxOver } from "./logDouble.js"

const session = ProcessSessionId.make("s")
const command = CommandId.make("c")

const macrotask = Effect.async<void>((resume) => {
  setImmediate(() => resume(Effect.void))
})

/** Runs an effect to completion, advancing the clock whenever nothing else happens. */
const quickly = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(effect)
    for (let turn = 0; Option.isNone(yield* Fiber.poll(fiber)); turn++) {
      yield* macrotask
      if (turn % 3 === 2) yield* TestClock.adjust("1 second")
    }
    return yield* Fiber.join(fiber)
  })

const follow = (script: Script) =>
  Effect.flatMap(ProcessSessions, (sessions) => Stream.runCollect(sessions.follow(session, command))).pipe(
    quickly,
    Effect.provide(ProcessSessions.layer),
    Effect.provide(toolboxOver(appOf(script)))
  )

const join = (pieces: Iterable<Uint8Array>) => Buffer.concat([...pieces])

const channelOf = (tag: "Stdout" | "Stderr", chunks: Iterable<ProcessSessions.LogChunk>) =>
  join([...chunks].flatMap(({ _tag, bytes }) => (_tag === tag ? [bytes] : [])))

/** The whole log, read at once. */
const expected = (log: Uint8Array) => {
  const demux = makeLogDemux()
  const runs = [...demux.push(log), ...demux.end()]
  const of = (channel: "stdout" | "stderr") => join(runs.flatMap((run) => (run.channel === channel ? [run.bytes] : [])))
  return { stdout: of("stdout"), stderr: of("stderr") }
}

const line = FastCheck.record({
  channel: FastCheck.constantFrom(1, 2),
  text: FastCheck.oneof(FastCheck.string({ unit: "grapheme", maxLength: 40 }), FastCheck.constant("é€😀".repeat(60)))
})

const logs = FastCheck.array(line, { maxLength: 30 }).map((lines) =>
  join(lines.map(({ channel, text }) => Buffer.from(`${String.fromCharCode(channel).repeat(3)}${text}\n`)))
)

const connections: FastCheck.Arbitrary<Connection> = FastCheck.record({
  bytes: FastCheck.oneof(FastCheck.nat(40), FastCheck.nat(3000)),
  frame: FastCheck.integer({ min: 1, max: 1024 }),
  end: FastCheck.constantFrom(1006, 1001, 1008, 1011, 1000, 502, 0)
})

const readings: FastCheck.Arbitrary<Reading> = FastCheck.record({
  bytes: FastCheck.nat(3000),
  tellsLength: FastCheck.boolean()
})

const scripts: FastCheck.Arbitrary<Script> = FastCheck.record({
  log: logs,
  connections: FastCheck.array(connections, { maxLength: 6 }),
  readings: FastCheck.array(readings, { maxLength: 4 }),
  endsAfter: FastCheck.nat(4),
  failures: FastCheck.array(FastCheck.boolean(), { maxLength: 5 }),
  exitCode: FastCheck.nat(255)
})

const base: Script = {
  log: Buffer.from("\x01\x01\x01one\n\x02\x02\x02two\n\x01\x01\x01three\n"),
  connections: [],
  readings: [],
  endsAfter: 0,
  failures: [],
  exitCode: 0
}

describe("following a command", () => {
  it.live(
    "delivers every byte once, wherever and however connections break",
    () =>
      Effect.promise(() =>
        FastCheck.assert(
          FastCheck.asyncProperty(scripts, async (script) => {
            const chunks = await Effect.runPromise(Effect.provide(follow(script), TestContext.TestContext))
            const { stderr, stdout } = expected(script.log)
            expect(channelOf("Stdout", chunks).equals(stdout)).toBe(true)
            expect(channelOf("Stderr", chunks).equals(stderr)).toBe(true)
          }),
          { numRuns: 100 }
        )
      ),
    180_000
  )

  it.effect("reads from the stored log what a normal close has lost", () =>
    Effect.gen(function* () {
      const chunks = yield* follow({ ...base, connections: [{ bytes: 5, frame: 1024, end: 1000 }] })
      expect(Chunk.size(chunks)).toBeGreaterThan(0)
      expect(channelOf("Stdout", chunks).toString()).toBe("one\nthree\n")
      expect(channelOf("Stderr", chunks).toString()).toBe("two\n")
    })
  )

  it.effect("abandons a silent connection, also when the stored log has no length", () =>
    Effect.gen(function* () {
      const log = Buffer.from("\u0001\u0001\u0001one\n\u0001\u0001\u0001two\n")
      const script = {
        log,
        connections: [{ bytes: 7, frame: 7, end: 0 }],
        readings: Array.from({ length: 10 }, () => ({ bytes: log.length, tellsLength: false })),
        endsAfter: Number.POSITIVE_INFINITY,
        failures: [],
        exitCode: 0
      }
      const ready = Effect.flatMap(ProcessSessions, (sessions) => sessions.awaitLog(session, command, "two"))
      const seen = yield* quickly(ready).pipe(
        Effect.provide(ProcessSessions.layer),
        Effect.provide(toolboxOver(appOf(script)))
      )
      expect(seen).toBe("two")
    })
  )

  it.effect("works without web sockets", () =>
    Effect.gen(function* () {
      const refused = { bytes: 0, frame: 1, end: 502 }
      const chunks = yield* follow({ ...base, connections: Array.from({ length: 100 }, () => refused), endsAfter: 20 })
      expect(channelOf("Stdout", chunks).toString()).toBe("one\nthree\n")
    })
  )

  it.effect("gives up a handshake that is swallowed, and tries none for the next command of the sandbox", () =>
    Effect.gen(function* () {
      const swallowed = Array.from({ length: 100 }, () => ({ bytes: 0, frame: 1, end: -1 }))
      const [first, second] = yield* Effect.flatMap(ProcessSessions, (sessions) => {
        const seconds = Effect.timed(Stream.runCollect(sessions.follow(session, command)))
        return Effect.all([seconds, seconds])
      }).pipe(
        quickly,
        Effect.provide(ProcessSessions.layer),
        Effect.provide(toolboxOver(appOf({ ...base, connections: swallowed })))
      )
      for (const [, chunks] of [first, second]) expect(channelOf("Stdout", chunks).toString()).toBe("one\nthree\n")
      expect(Duration.toSeconds(first[0])).toBeLessThan(10)
      expect(Duration.toSeconds(second[0])).toBeLessThan(2)
    })
  )

  it.effect("asks for the exit code as soon as the log is silent, not when the daemon closes the connection", () =>
    Effect.gen(function* () {
      const script = { ...base, connections: [{ bytes: 1000, frame: 1024, end: 0 }], endsAfter: 2 }
      const sessions = Effect.flatMap(ProcessSessions, ({ follow }) => Stream.runCollect(follow(session, command)))
      const fiber = yield* Effect.fork(
        sessions.pipe(Effect.provide(ProcessSessions.layer), Effect.provide(toolboxOver(appOf(script))))
      )
      for (let turn = 0; turn < 100; turn++) {
        yield* macrotask
        yield* TestClock.adjust("10 millis")
      }
      expect(Option.isSome(yield* Fiber.poll(fiber))).toBe(true)
      expect(channelOf("Stdout", yield* Fiber.join(fiber)).toString()).toBe("one\nthree\n")
    })
  )

  it.effect("notices that the shell has exited also where web sockets do not work", () =>
    Effect.gen(function* () {
      const refused = Array.from({ length: 100 }, () => ({ bytes: 0, frame: 1, end: 502 }))
      const script = { ...base, connections: refused, endsAfter: Number.POSITIVE_INFINITY, shell: "ended" }
      const [duration, error] = yield* Effect.flatMap(ProcessSessions, (sessions) =>
        Effect.timed(Effect.flip(Stream.runDrain(sessions.follow(session, command))))
      ).pipe(quickly, Effect.provide(ProcessSessions.layer), Effect.provide(toolboxOver(appOf(script))))
      expect(error._tag).toBe("ShellExited")
      expect(Duration.toSeconds(duration)).toBeLessThan(10)
    })
  )

  it.effect("fails when the session is deleted, after emitting the output before", () =>
    Effect.gen(function* () {
      const script: Script = { ...base, connections: [{ bytes: 8, frame: 3, end: 1000 }], endsAfter: 0, deleted: true }
      const seen: Array<ProcessSessions.LogChunk> = []
      const error = yield* Effect.flatMap(ProcessSessions, (sessions) =>
        Stream.runForEach(sessions.follow(session, command), (chunk) => Effect.sync(() => seen.push(chunk)))
      ).pipe(quickly, Effect.flip, Effect.provide(ProcessSessions.layer), Effect.provide(toolboxOver(appOf(script))))
      expect(error).toMatchObject({ _tag: "SessionEnded", sessionId: "s", commandId: "c", sandboxId: "box" })
      expect(channelOf("Stdout", seen).toString()).toBe("one\n")
    })
  )

  it.effect("fails when the sandbox can no longer be reached", () =>
    Effect.gen(function* () {
      const script: Script = {
        ...base,
        connections: [
          { bytes: 8, frame: 3, end: 1006 },
          ...Array.from({ length: 50 }, () => ({ bytes: 0, frame: 1, end: 502 }))
        ],
        failures: Array.from({ length: 50 }, () => true)
      }
      const exit = yield* Effect.exit(follow(script))
      expect(Exit.isFailure(exit) && String(exit.cause)).toContain("StreamInterrupted")
    })
  )
})
