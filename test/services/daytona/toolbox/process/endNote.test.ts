import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Stream from "effect/Stream"
import { untilNote } from "../../../../../src/services/daytona/toolbox/process/endNote.js"
import type { LogRun } from "../../../../../src/stream/LogDemux.js"

const note = "effect-sandboxes: it ended with exit code "

const cut = (bytes: Uint8Array, sizes: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  const pieces: Array<Uint8Array> = []
  let at = 0
  for (let turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1
    pieces.push(bytes.subarray(at, at + size))
    at += size
  }
  return pieces
}

const read = (runs: ReadonlyArray<LogRun>, chunkSize: number) =>
  Effect.gen(function* () {
    let exitCode: number | undefined
    const emitted = yield* Stream.runCollect(
      untilNote(
        note,
        () => Stream.rechunk(Stream.fromChunk(Chunk.unsafeFromArray([...runs])), chunkSize),
        (code) => {
          exitCode = code
        }
      )
    )
    const of = (channel: LogRun["channel"]) =>
      Buffer.concat([...emitted].flatMap((run) => (run.channel === channel ? [run.bytes] : [])))
    return { exitCode, stdout: of("stdout"), stderr: of("stderr") }
  })

/** Output that often looks like the beginning of the note. */
const output = FastCheck.array(
  FastCheck.oneof(
    FastCheck.uint8Array({ maxLength: 30 }),
    FastCheck.nat(note.length - 1).map((length) => new Uint8Array(Buffer.from(note.slice(0, length))))
  ),
  { maxLength: 6 }
).map((pieces) => new Uint8Array(Buffer.concat(pieces)))

const sizes = FastCheck.array(FastCheck.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 5 })

const interleaved = (a: ReadonlyArray<LogRun>, b: ReadonlyArray<LogRun>): ReadonlyArray<LogRun> =>
  Array.from({ length: Math.max(a.length, b.length) }, (_, index) => [a[index], b[index]])
    .flat()
    .filter((run) => run !== undefined)

const asRuns = (channel: LogRun["channel"], bytes: Uint8Array, how: ReadonlyArray<number>) =>
  cut(bytes, how).map((piece): LogRun => ({ channel, bytes: piece }))

describe("the note of an end", () => {
  it.effect("changes no byte of an output without it, however that is cut", () =>
    Effect.promise(() =>
      FastCheck.assert(
        FastCheck.asyncProperty(
          output,
          output,
          sizes,
          FastCheck.integer({ min: 1, max: 8 }),
          async (a, b, how, size) => {
            const runs = interleaved(asRuns("stdout", a, how), asRuns("stderr", b, how))
            const { exitCode, stderr, stdout } = await Effect.runPromise(read(runs, size))
            expect([exitCode, stdout.equals(a), stderr.equals(b)]).toEqual([undefined, true, true])
          }
        )
      )
    )
  )

  it.effect("ends both outputs where it stands in each, completes their last lines, and has the exit code", () =>
    Effect.promise(() =>
      FastCheck.assert(
        FastCheck.asyncProperty(
          output,
          output,
          sizes,
          FastCheck.integer({ min: 1, max: 8 }),
          FastCheck.nat(255),
          async (a, b, how, size, code) => {
            const end = Buffer.from(`${note}${code}\nwhat a child printed later\n`)
            const runs = interleaved(
              asRuns("stdout", Buffer.concat([a, end]), how),
              asRuns("stderr", Buffer.concat([b, end]), how)
            )
            const { exitCode, stderr, stdout } = await Effect.runPromise(read(runs, size))
            const completed = (bytes: Uint8Array) =>
              Buffer.concat([bytes, Buffer.from(bytes.length === 0 || bytes.at(-1) === 0x0a ? "" : "\n")])
            expect(exitCode).toBe(code)
            expect([stdout.equals(completed(a)), stderr.equals(completed(b))]).toEqual([true, true])
          }
        )
      )
    )
  )
})
