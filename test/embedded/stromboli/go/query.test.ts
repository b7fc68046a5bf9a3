import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { parse } from "../../../../src/embedded/stromboli/go/query.js"

describe("a query", () => {
  it.each<[string, ReadonlyArray<readonly [string, string]>]>([
    ["", []],
    ["&&", []],
    ["a", [["a", ""]]],
    [
      "a=1&a=2",
      [
        ["a", "1"],
        ["a", "2"]
      ]
    ],
    ["a=b+c%20d", [["a", "b c d"]]],
    ["a=b=c", [["a", "b=c"]]],
    ["prompt=a%2&b=1", [["b", "1"]]],
    ["%zz=a&b=1", [["b", "1"]]],
    ["prompt=a;b=c", []],
    ["prompt=a%3Bb", [["prompt", "a;b"]]]
  ])("%j is read as Go reads it", (query, parameters) => {
    expect([...parse(query)]).toEqual(parameters)
  })

  it.prop(
    "survives what a client encodes",
    [FastCheck.dictionary(FastCheck.string(), FastCheck.fullUnicodeString())],
    ([parameters]) => {
      const encoded = new URLSearchParams(parameters)
      expect([...parse(encoded.toString())]).toEqual([...encoded])
    }
  )
})
