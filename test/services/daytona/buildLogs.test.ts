import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Daytona, type DaytonaClient, SnapshotId, Snapshots } from "../../../src/daytona.js"
import { lines } from "../../../src/services/daytona/buildLogs.js"
import { id, type Script, serve } from "../../support/buildLogServer.js"

const encoder = new TextEncoder()

/** The lines of a build log, how the stream ends, and when, in milliseconds of test time. */
const followed = (script: Script, options: Partial<DaytonaClient.Options> = {}) =>
  Effect.gen(function* () {
    const { layer, requests } = serve(script)
    const seen: Array<string> = []
    const program = Effect.flatMap(Snapshots, (snapshots) =>
      Stream.runForEach(snapshots.buildLogs(SnapshotId.make(id)), (line) => Effect.sync(() => seen.push(line)))
    ).pipe(
      Effect.exit,
      Effect.zip(Clock.currentTimeMillis),
      Effect.provide(
        Daytona.layer({ apiKey: Redacted.make("dtn_key"), apiUrl: "http://daytona.test/api", ...options }).pipe(
          Layer.provide(layer)
        )
      )
    )
    const fiber = yield* Effect.fork(program)
    yield* TestClock.adjust("2 hours")
    const [exit, end] = yield* Fiber.join(fiber)
    const failure = Exit.isFailure(exit) && exit.cause._tag === "Fail" ? exit.cause.error : undefined
    return { seen, failure, succeeded: Exit.isSuccess(exit), end, requests }
  })

const log = [
  [1000, "Step 1/2 : FROM x\n"],
  [1500, "Step 2/2 : RUN é"],
  [9000, "cho €\r\nlast line without an end"]
] as const
const expectedLines = ["Step 1/2 : FROM x", "Step 2/2 : RUN écho €", "last line without an end"]

describe("the log of a build", () => {
  it.effect("ends with the build even if the server never closes the connection", () =>
    Effect.map(followed({ log, ends: 10_000 }), ({ end, seen, succeeded }) => {
      expect(succeeded).toBe(true)
      expect(seen).toEqual(expectedLines)
      expect(end).toBeGreaterThanOrEqual(10_000)
      expect(end).toBeLessThanOrEqual(14_000)
    })
  )

  it.effect("ends when the server closes the connection", () =>
    Effect.map(followed({ log, ends: 9000, closes: true }), ({ end, seen, succeeded }) => {
      expect(succeeded).toBe(true)
      expect(seen).toEqual(expectedLines)
      expect(end).toBeLessThanOrEqual(11_000)
    })
  )

  it.effect("is reopened when it closes during the build", () =>
    Effect.map(followed({ log: [...log, [30_000, "\nmore\n"]], ends: 31_000, cuts: [60] }), ({ seen, succeeded }) => {
      expect(succeeded).toBe(true)
      expect(seen).toEqual([...expectedLines, "more"])
    })
  )

  it.effect("is complete, including what the silent connection did not send", () =>
    Effect.map(followed({ log: [...log, [9500, "\n"], [9999, "too late?\n"]], ends: 10_000 }), ({ seen }) =>
      expect(seen).toEqual([...expectedLines, "too late?"])
    )
  )

  it.effect("is awaited while the build has no runner yet", () =>
    Effect.map(followed({ log, ends: 10_000, begins: 5000 }), ({ seen, succeeded }) => {
      expect(succeeded).toBe(true)
      expect(seen).toEqual(expectedLines)
    })
  )

  it.effect("of a completed build is read once, and not followed", () =>
    Effect.map(followed({ log: log.map(([, text]) => [0, text] as const), ends: 0 }), ({ end, requests, seen }) => {
      expect(seen).toEqual(expectedLines)
      expect(end).toBe(0)
      expect(requests.filter((request) => request.includes("/logs"))).toEqual(["GET http://proxy.daytona.test/logs"])
    })
  )

  it.effect("of a failed build is complete before the failure", () =>
    Effect.map(
      followed({ log, ends: 10_000, outcome: "build_failed", errorReason: "exit code 1" }),
      ({ failure, seen }) => {
        expect(seen).toEqual(expectedLines)
        expect(failure).toMatchObject({
          _tag: "BuildFailed",
          code: "BUILD_FAILED",
          operation: "Snapshots.buildLogs",
          id,
          state: "build_failed",
          reason: "exit code 1"
        })
      }
    )
  )

  it.effect("is only requested from a trusted host", () =>
    Effect.gen(function* () {
      const script = { log, ends: 10_000, url: "https://elsewhere.test/logs" }
      const { failure, requests, seen } = yield* followed(script)
      expect(failure).toMatchObject({ _tag: "InvalidRequest", field: "trustedHosts" })
      expect(requests.some((request) => request.includes("elsewhere"))).toBe(false)
      expect(seen).toEqual([])
      expect((yield* followed(script, { trustedHosts: ["elsewhere.test"] })).seen).toEqual(expectedLines)
    })
  )

  it.effect("tolerates transient failures", () =>
    Effect.map(
      followed({ log, ends: 10_000, answers: [200, 200, 503, 503, 503, 502, 502, 502] }),
      ({ seen, succeeded }) => {
        expect(succeeded).toBe(true)
        expect(seen).toEqual(expectedLines)
      }
    )
  )

  for (const [status, tag] of [
    [401, "Unauthorized"],
    [403, "Forbidden"],
    [400, "BadRequest"]
  ] as const) {
    it.effect(`fails immediately when the proxy responds ${status}, without the error body as a line`, () =>
      Effect.map(followed({ log, ends: 10_000, logStatus: status }), ({ failure, seen }) => {
        expect(failure).toMatchObject({ _tag: tag, operation: "Snapshots.buildLogs", status })
        expect(seen).toEqual([])
      })
    )
  }

  it.effect("fails eventually if the proxy never recovers", () =>
    Effect.map(followed({ log, ends: 3_600_000, logStatus: 503 }), ({ failure, requests }) => {
      expect(failure).toMatchObject({ _tag: "Unavailable" })
      expect(requests.filter((request) => request.includes("/logs"))).toHaveLength(30)
    })
  )

  const text = FastCheck.array(
    FastCheck.string({ unit: FastCheck.constantFrom("a", "é", "€", "😀", "\n", "\r\n", "\r", " "), maxLength: 20 }),
    { minLength: 1, maxLength: 5 }
  )

  it.effect("is the same line by line, wherever connections and characters are split", () =>
    Effect.forEach(
      FastCheck.sample(
        FastCheck.tuple(
          text,
          FastCheck.array(FastCheck.integer({ min: 1, max: 80 }), { maxLength: 6 }),
          FastCheck.integer({ min: 3, max: 15 }),
          FastCheck.boolean()
        ),
        { numRuns: 25, seed: 20_260_506 }
      ),
      ([parts, cuts, size, closes]) =>
        Effect.gen(function* () {
          const whole = encoder.encode(parts.join(""))
          const pieces = Array.from(
            { length: Math.ceil(whole.length / size) },
            (_, index) => [index * 300, whole.subarray(index * size, (index + 1) * size)] as const
          )
          yield* TestClock.setTime(0)
          const { seen, succeeded } = yield* followed({ log: pieces, ends: pieces.length * 300 + 10, cuts, closes })
          expect(succeeded).toBe(true)
          expect(seen).toEqual(linesOf(parts.join("")))
        }),
      { discard: true }
    )
  )
})

/** The lines of a text, the simple way. */
const linesOf = (text: string): ReadonlyArray<string> => {
  const all = text.split("\n").map((line) => line.replace(/\r$/, ""))
  return text === "" || text.endsWith("\n") ? all.slice(0, -1) : all
}

const linesOfPieces = (pieces: ReadonlyArray<Uint8Array>) =>
  Effect.runSync(Effect.map(Stream.runCollect(lines(Stream.fromIterable(pieces))), Chunk.toReadonlyArray))

describe("lines", () => {
  it("are the same wherever the bytes are split", () => {
    const text = "a\r\n\n€😀é\n\rb\r\r\nc"
    const bytes = encoder.encode(text)
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(linesOfPieces([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(linesOf(text))
    }
    expect(linesOfPieces(Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(linesOf(text))
  })

  it("replace invalid UTF-8, even at the end", () =>
    expect(linesOfPieces([Uint8Array.of(0x61, 0xff, 0x0a, 0xe2, 0x82)])).toEqual(["a\uFFFD", "\uFFFD"]))

  it("are split when they are very long, so that memory is bounded", () => {
    const piece = encoder.encode("x".repeat(400_000))
    const found = linesOfPieces([piece, piece, piece, piece, encoder.encode("\nend")])
    expect(found.map((line) => line.length)).toEqual([1_200_000, 400_000, 3])
  })

  it("take linear time, even when they arrive one character at a time", () => {
    const pieces = [...Array.from({ length: 400_000 }, () => encoder.encode("x")), encoder.encode("\n")]
    expect(linesOfPieces(pieces).map((line) => line.length)).toEqual([400_000])
  })
})
