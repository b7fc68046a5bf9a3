import { describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { expectTypeOf } from "vitest"
import * as Sse from "../../src/stream/Sse.js"

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

/** A stream that delivers each text as one read. */
const reads = (...texts: ReadonlyArray<string>): Stream.Stream<Uint8Array> =>
  Stream.fromChunks(...texts.map((text) => Chunk.of(encode(text))))

/** The data of all events, and how the stream ended. */
const run = <E>(events: Stream.Stream<Sse.Event, E>) => {
  const data: Array<string> = []
  return events.pipe(
    Stream.runForEach((event) => Effect.sync(() => data.push(event.data))),
    Effect.either,
    Effect.map((end) => ({ data, end }))
  )
}

describe("decode", () => {
  it.effect("emits one chunk of events for each chunk of bytes that completes any", () =>
    Effect.gen(function* () {
      const chunks = yield* reads("data: 1\n\ndata: 2\n\nda", "ta: 3", "\n\n", "", ":\n").pipe(
        Sse.decode(),
        Stream.map((event) => event.data),
        Stream.chunks,
        Stream.runCollect
      )
      expect(Chunk.toReadonlyArray(chunks).map(Chunk.toReadonlyArray)).toEqual([["1", "2"], ["3"]])
    })
  )

  it.effect("takes several reads in one chunk", () =>
    Effect.gen(function* () {
      const chunks = yield* Stream.fromChunk(Chunk.make(encode("data: 1\n\nda"), encode("ta: 2\n\n"))).pipe(
        Sse.decode(),
        Stream.map((event) => event.data),
        Stream.chunks,
        Stream.runCollect
      )
      expect(Chunk.toReadonlyArray(chunks).map(Chunk.toReadonlyArray)).toEqual([["1", "2"]])
    })
  )

  it.effect("starts clean each time it is run", () =>
    Effect.gen(function* () {
      const events = reads("data: 1\nid: 7\n\n", "data: unfinished").pipe(Sse.decode())
      const first = yield* Stream.runCollect(events)
      expect(Chunk.toReadonlyArray(first)).toEqual([{ event: "message", data: "1", id: "7" }])
      expect(yield* Stream.runCollect(events)).toEqual(first)
    })
  )

  it.effect("starts clean when two runs overlap", () =>
    Effect.gen(function* () {
      const events = reads("data: 1\n", "data: 2\n\n").pipe(Sse.decode())
      const pairs = yield* Stream.runCollect(Stream.zip(events, events))
      expect(Chunk.toReadonlyArray(pairs).map(([left, right]) => [left.data, right.data])).toEqual([["1\n2", "1\n2"]])
    })
  )

  it.effect("ends without the unfinished event when the input ends", () =>
    Effect.gen(function* () {
      for (const rest of ["data: 2", "data: 2\n", "data: 2\r", ": comment", "id: 1\n"]) {
        expect(yield* run(reads("data: 1\n\n", rest).pipe(Sse.decode()))).toEqual({ data: ["1"], end: Either.void })
      }
      expect(yield* run(Stream.empty.pipe(Sse.decode()))).toEqual({ data: [], end: Either.void })
    })
  )

  it.effect("passes a failure of the input on, after the events before it", () =>
    Effect.gen(function* () {
      const broken = Stream.concat(reads("data: 1\n\ndata: 2\n"), Stream.fail("connection reset" as const))
      const events = broken.pipe(Sse.decode())
      expectTypeOf(events).toEqualTypeOf<Stream.Stream<Sse.Event, "connection reset" | Sse.EventTooLarge>>()
      expect(yield* run(events)).toEqual({ data: ["1"], end: Either.left("connection reset") })
    })
  )

  it.effect("passes a defect of the input on as it is", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(run(Stream.die("bug").pipe(Sse.decode())))
      expect(Exit.isFailure(exit) && Cause.isDie(exit.cause)).toBe(true)
    })
  )

  it.effect("fails with EventTooLarge after the events before it, and reads no further", () =>
    Effect.gen(function* () {
      let pulled = 0
      let closed = 0
      const input = reads("data: 1\n\n", "data: 2\n\ndata: 3456789\n\n", "data: 4\n\n").pipe(
        Stream.tap(() => Effect.sync(() => (pulled += 1))),
        Stream.ensuring(Effect.sync(() => (closed += 1)))
      )
      const result = yield* run(input.pipe(Sse.decode({ maxEventSize: 10 })))
      expect(result).toEqual({ data: ["1", "2"], end: Either.left(new Sse.EventTooLarge({ limit: 10 })) })
      expect({ pulled, closed }).toEqual({ pulled: 2, closed: 1 })
    })
  )

  it.effect("skips the reads after the large event in the same chunk", () =>
    Effect.gen(function* () {
      const input = Stream.fromChunk(Chunk.map(Chunk.make("data: 1\n\n", "data: 23456\n\n", "data: 3\n\n"), encode))
      const result = yield* run(input.pipe(Sse.decode({ maxEventSize: 10 })))
      expect(result).toEqual({ data: ["1"], end: Either.left(new Sse.EventTooLarge({ limit: 10 })) })
    })
  )

  it.effect("reads only as much as is asked for", () =>
    Effect.gen(function* () {
      let pulled = 0
      const endless = Stream.repeatEffect(Effect.sync(() => encode(`data: ${pulled++}\n\n`)))
      const events = yield* endless.pipe(Sse.decode(), Stream.take(3), Stream.runCollect)
      expect(Chunk.toReadonlyArray(events).map((event) => event.data)).toEqual(["0", "1", "2"])
      expect(pulled).toBe(3)
    })
  )
})

describe("decodeBatches", () => {
  it.effect("emits the events of each read as one element", () =>
    Effect.gen(function* () {
      const batches = yield* reads("data: 1\n\ndata: 2\n\n", "data", ": 3\n\n").pipe(
        Sse.decodeBatches(),
        Stream.runCollect
      )
      expect(Chunk.toReadonlyArray(batches).map((events) => events.map((event) => event.data))).toEqual([
        ["1", "2"],
        ["3"]
      ])
    })
  )

  it.effect("fails with EventTooLarge after the batch before it", () =>
    Effect.gen(function* () {
      const result = yield* reads("data: 1\n\ndata: 23456\n\n").pipe(
        Sse.decodeBatches({ maxEventSize: 10 }),
        Stream.flattenIterables,
        run
      )
      expect(result).toEqual({ data: ["1"], end: Either.left(new Sse.EventTooLarge({ limit: 10 })) })
    })
  )
})

describe("EventTooLarge", () => {
  it.effect("crosses a process border", () =>
    Effect.gen(function* () {
      const failure = new Sse.EventTooLarge({ limit: 10 })
      const wire = yield* Schema.encode(Sse.EventTooLarge)(failure)
      expect(wire).toEqual({ _tag: "EventTooLarge", code: "EVENT_TOO_LARGE", limit: 10 })
      const back = yield* Schema.decode(Sse.EventTooLarge)(wire)
      expect(back).toBeInstanceOf(Sse.EventTooLarge)
      expect(back.message).toBe(failure.message)
    })
  )
})
