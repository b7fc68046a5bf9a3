import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { NewSandboxName } from "../../../src/schema/daytona/CreateSandbox.js"
import { isSnapshotName } from "../../../src/schema/daytona/CreateSnapshot.js"
import { labels, nameOf, ownerOf, problemOf, untilLabel, untilOf } from "../../../src/services/daytona/ownership.js"

const text = (field: "application" | "key") =>
  FastCheck.oneof(
    FastCheck.string(),
    FastCheck.string({ unit: "binary" }),
    FastCheck.string({
      unit: FastCheck.constantFrom("_", "__", ".", "..", "-", "www", "w", ".", "/", ":", "2", "f", "é")
    })
  ).filter((value) => problemOf(field, value) === undefined)

const owner = FastCheck.record({ application: text("application"), key: text("key") })

describe("the name of a key", () => {
  it("gives back application and key", () => {
    FastCheck.assert(
      FastCheck.property(owner, (each) => {
        expect(ownerOf(nameOf(each))).toEqual(each)
      }),
      { numRuns: 1000 }
    )
  })

  it("is a name that sandboxes, snapshots and volumes can have, and no id", () => {
    const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
    FastCheck.assert(
      FastCheck.property(owner, (each) => {
        const name = nameOf(each)
        expect(Schema.is(NewSandboxName)(name)).toBe(true)
        expect(isSnapshotName(name)).toBe(true)
        expect(uuid.test(name)).toBe(false)
        expect(name).toMatch(/^[\w-]{8,1000}$/)
      }),
      { numRuns: 1000 }
    )
  })

  it("is documented", () => {
    expect(nameOf({ application: "shop", key: "user 42" })).toBe("es__shop__user_2042")
    expect(nameOf({ application: "www", key: "é/_." })).toBe("es__www___c3_a9_2f_5f_2e")
  })

  it("is made in one way only: other names belong to nobody", () => {
    const other = [
      "",
      "es__",
      "es__a",
      "es__a__",
      "es____b",
      "es__a__b__c",
      "es__a__b_",
      "es__a__b_6",
      "es__a__b_61",
      "es__a__b_C3_A9",
      "es__a__b_ff",
      "es__a__b_00",
      "es__a__b.c",
      "ES__a__b"
    ]
    expect(other.filter((name) => ownerOf(name) !== undefined)).toEqual([])
    FastCheck.assert(
      FastCheck.property(
        FastCheck.string({ unit: FastCheck.constantFrom("_", "a", "6", "1", "es__", "é") }),
        (name) => {
          const found = ownerOf(name)
          expect(found === undefined || nameOf(found) === name).toBe(true)
        }
      )
    )
  })
})

describe("a key", () => {
  it("is limited in bytes, not in characters", () => {
    expect(problemOf("key", "é".repeat(128))).toBeUndefined()
    expect(problemOf("key", "é".repeat(129))).toBe("must not be longer than 256 bytes of UTF-8; it has 258")
    expect(problemOf("application", "a".repeat(65))).toBe("must not be longer than 64 bytes of UTF-8; it has 65")
    expect(nameOf({ application: "é".repeat(32), key: "é".repeat(128) }).length).toBeLessThan(1000)
  })

  it("is text that every server can keep", () => {
    for (const wrong of ["", "a\u0000", "a\nb", "\ud800", 42, undefined]) expect(problemOf("key", wrong)).toBeDefined()
  })
})

describe("the label of when it is no longer wanted", () => {
  it("is an instant that can be read again", () => {
    const label = Either.getOrThrow(untilLabel("2 hours", 0))
    expect(label).toEqual({ [labels.until]: "1970-01-01T02:00:00.000Z" })
    expect(untilOf(label)).toBe(7_200_000)
    expect(untilOf({})).toBeUndefined()
    expect(untilOf({ [labels.until]: "soon" })).toBeUndefined()
  })

  it("is absent from what is wanted for ever", () => {
    expect(untilLabel(Number.POSITIVE_INFINITY, 0)).toEqual(Either.right({}))
  })

  it("cannot be made of what is no duration", () => {
    for (const wrong of [Number.NaN, 0, -1, 1e300]) expect(Either.isLeft(untilLabel(wrong, 0))).toBe(true)
  })
})
