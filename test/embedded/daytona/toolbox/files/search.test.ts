import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import { matcher } from "../../../../../src/embedded/daytona/toolbox/files/goPattern.js"
import { textAt } from "../../support.js"
import { inMemory, type Sandbox, sandbox } from "../sandbox.js"

const sh = (box: Sandbox, command: string) =>
  Effect.map(box.post("/process/execute", { command }), ({ json }) => textAt(json, "result"))

describe("searching for file names", () => {
  it.live("matches the name only, of directories and the root as well", () =>
    Effect.gen(function* () {
      const box = yield* sandbox()
      yield* sh(box, "mkdir -p src/src.d; touch src/a.ts src/src.d/b.ts src/c.js")
      const search = (path: string, pattern: string) =>
        Effect.map(box.get("/files/search", { path, pattern }), ({ json, status }) => [status, json])
      expect(yield* search("src", "*.ts")).toEqual([200, { files: ["src/a.ts", "src/src.d/b.ts"] }])
      expect(yield* search("src", "src*")).toEqual([200, { files: ["src", "src/src.d"] }])
      expect(yield* search(".", "?.[jt]s")).toEqual([200, { files: ["src/a.ts", "src/c.js", "src/src.d/b.ts"] }])
      expect(yield* search(".", "src/*.ts")).toEqual([200, { files: [] }])
      expect(yield* search(".", "[")).toEqual([200, { files: [] }])
      expect(yield* search("no", "*")).toEqual([200, { files: [] }])
      expect((yield* search("", "*"))[0]).toBe(400)
    }).pipe(Effect.provide(inMemory()))
  )

  // From the tests of Go's path/filepath.
  const examples: ReadonlyArray<readonly [string, string, boolean]> = [
    ["abc", "abc", true],
    ["*", "abc", true],
    ["*c", "abc", true],
    ["a*", "a", true],
    ["a*b*c*d*e*", "axbxcxdxe", true],
    ["a*b?c*x", "abxbbxdbxebxczzx", true],
    ["a*b?c*x", "abxbbxdbxebxczzy", false],
    ["ab[c]", "abc", true],
    ["ab[b-d]", "abc", true],
    ["ab[e-g]", "abc", false],
    ["ab[^c]", "abc", false],
    ["ab[^e-g]", "abc", true],
    ["a\\*b", "a*b", true],
    ["a\\*b", "ab", false],
    ["a?b", "a☺b", true],
    ["a[^a]b", "a☺b", true],
    ["a???b", "a☺b", false],
    ["[a-ζ]*", "α", true],
    ["*[a-ζ]", "A", false],
    ["[\\]a]", "]", true],
    ["[\\-]", "-", true],
    ["[x\\-]", "z", false],
    ["[\\-x]", "x", true],
    ["[]a]", "]", false],
    ["[-]", "-", false],
    ["[x-]", "x", false],
    ["[-x]", "x", false],
    ["\\", "a", false],
    ["[a-b-c]", "a", false],
    ["[", "a", false],
    ["[^", "a", false],
    ["[^bc", "a", false],
    ["a[", "ab", false],
    ["*x", "xxx", true],
    ["[b-a]", "a", false],
    ["[^b-a]", "a", true]
  ]

  it("understands patterns as Go does", () => {
    for (const [pattern, name, matches] of examples) {
      expect([pattern, name, matcher(pattern)(name)]).toEqual([pattern, name, matches])
    }
  })

  it("matches every name literally once it is escaped, and rejects no pattern", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.string({ unit: "grapheme" }), (name) => {
        const escaped = [...name].map((letter) => `\\${letter}`).join("")
        expect(matcher(escaped)(name)).toBe(true)
      })
    )
    const pattern = FastCheck.string({
      unit: FastCheck.constantFrom("[", "]", "^", "-", "\\", "*", "?", "a", "{", "(")
    })
    FastCheck.assert(
      FastCheck.property(pattern, (text) => {
        expect(() => matcher(text)("a")).not.toThrow()
      })
    )
  })
})

describe("searching for text", () => {
  it.live("returns every matching line of text files", () =>
    Effect.gen(function* () {
      const box = yield* sandbox()
      yield* sh(
        box,
        "mkdir d; printf 'a.b\\r\\nnone\\n  xa.bx' > d/f; printf 'a.b\\0' > binary; : > empty; echo aXb > g; echo A.B > h"
      )
      const found = yield* box.get("/files/find", { path: ".", pattern: "a.b" })
      expect(found.json).toEqual([
        { file: "d/f", line: 1, content: "a.b" },
        { file: "d/f", line: 3, content: "  xa.bx" }
      ])
      expect((yield* box.get("/files/find", { path: "d/f", pattern: "none" })).json).toEqual([
        { file: "d/f", line: 2, content: "none" }
      ])
      expect((yield* box.get("/files/find", { path: "no", pattern: "x" })).json).toEqual([])
      expect((yield* box.get("/files/find", { path: ".", pattern: "" })).status).toBe(400)
    }).pipe(Effect.provide(inMemory()))
  )

  it.live("stops in a file at a line that is too long, but has no limit for files", () =>
    Effect.gen(function* () {
      const box = yield* sandbox()
      yield* sh(box, "(echo needle; printf '%65536s\\n' x; echo needle) > wide; (seq 100000; echo needle) > long")
      expect((yield* box.get("/files/find", { path: ".", pattern: "needle" })).json).toEqual([
        { file: "long", line: 100_001, content: "needle" },
        { file: "wide", line: 1, content: "needle" }
      ])
    }).pipe(Effect.provide(inMemory()))
  )
})

describe("replacing text", () => {
  it.live("replaces literally in each file, and keeps other bytes and modes", () =>
    Effect.gen(function* () {
      const box = yield* sandbox()
      yield* sh(box, "printf 'a.b\\377a.b é' > f; chmod 750 f; echo axb > g")
      const { json, status } = yield* box.post("/files/replace", {
        files: ["f", "g", "no"],
        pattern: "a.b",
        newValue: "$&é"
      })
      expect(status).toBe(200)
      expect(json).toEqual([
        { file: "f", success: true },
        { file: "g", success: true },
        { file: "no", success: false, error: "open no: no such file or directory" }
      ])
      expect(yield* sh(box, "od -An -tx1 f | tr -d ' \\n'; stat -c ' %a' f; cat g")).toBe(
        "2426c3a9ff2426c3a920c3a9 750\naxb\n"
      )
      const emptied = yield* box.post("/files/replace", { files: ["g"], pattern: "x", newValue: "" })
      expect(emptied.json).toEqual([{ file: "g", success: true }])
      expect(yield* sh(box, "cat g")).toBe("ab\n")
    }).pipe(Effect.provide(inMemory()))
  )

  it.live("refuses incomplete bodies", () =>
    Effect.gen(function* () {
      const box = yield* sandbox()
      for (const body of [
        "{",
        { files: ["f"], pattern: "", newValue: "" },
        { files: "f", pattern: "x", newValue: "" }
      ]) {
        const { status, text } = yield* box.post("/files/replace", body)
        expect([status, text]).toEqual([400, ""])
      }
    }).pipe(Effect.provide(inMemory({ generation: "0.190" })))
  )
})
