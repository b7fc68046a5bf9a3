import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Stream from "effect/Stream"
import { declaredLength, exactLength } from "../../src/stream/exactLength.js"

const read = (sizes: ReadonlyArray<number>, length: number) =>
  Effect.runSync(
    Stream.fromIterable(sizes.map((size) => new Uint8Array(size))).pipe(
      Stream.rechunk(2),
      exactLength(length, (received) => received),
      Stream.runCollect,
      Effect.map((chunks) => Chunk.toReadonlyArray(chunks).reduce((sum, bytes) => sum + bytes.length, 0)),
      Effect.either
    )
  )

describe("bytes of a known number", () => {
  it("come through when they are that many, however they are cut, and fail otherwise", () => {
    const sizes = FastCheck.array(FastCheck.nat(5))
    FastCheck.assert(
      FastCheck.property(sizes, FastCheck.integer({ min: -4, max: 4 }), (all, difference) => {
        const sum = all.reduce((left, right) => left + right, 0)
        const length = Math.max(0, sum + difference)
        const result = read(all, length)
        if (length === sum) expect(result).toEqual(Either.right(sum))
        else if (length > sum) expect(result).toEqual(Either.left(sum))
        else expect(Either.isLeft(result)).toBe(true)
      })
    )
  })

  it("are those of `Content-Length`, unless something is compressed", () => {
    expect(declaredLength({ "content-length": "12" })).toBe(12)
    expect(declaredLength({ "content-length": "12", "content-encoding": "identity" })).toBe(12)
    expect(declaredLength({ "content-length": "12", "content-encoding": "gzip" })).toBeUndefined()
    expect(declaredLength({ "content-length": "twelve" })).toBeUndefined()
    expect(declaredLength({})).toBeUndefined()
  })
})
