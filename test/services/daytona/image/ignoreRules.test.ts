import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { exclusions, parsePatterns } from "../../../../src/services/daytona/image/ignoreRules.js"
import { dockerIgnores } from "../../../support/docker.js"

const at = { call: "Image.addLocalDir", argument: "path" }

const excluded = (patterns: ReadonlyArray<string>, paths: ReadonlyArray<string>) =>
  Effect.map(exclusions(at, Either.getOrThrow(parsePatterns("exclude", patterns))), ({ excludes }) =>
    paths.filter(excludes)
  )

describe("a pattern of .dockerignore", () => {
  const paths = [
    "a",
    "b/a",
    "b/c/a",
    "b/c.py",
    "c.py",
    "x+y",
    "(a)/b",
    ".git/HEAD",
    "ab",
    "a!c",
    "axc",
    "#a",
    "A",
    "[x]",
    "é",
    "a b"
  ]
  const matching: ReadonlyArray<readonly [pattern: string, excluded: ReadonlyArray<string>]> = [
    ["a", ["a"]],
    ["/a/", ["a"]],
    ["./b/../a", ["a"]],
    ["**/a", ["a", "b/a", "b/c/a"]],
    ["**a", ["a", "b/a", "b/c/a"]],
    ["*.py", ["c.py"]],
    ["**/*.py", ["b/c.py", "c.py"]],
    ["*/c*", ["b/c/a", "b/c.py"]],
    ["b", ["b/a", "b/c/a", "b/c.py"]],
    ["b/**", ["b/a", "b/c/a", "b/c.py"]],
    ["b**", ["b/a", "b/c/a", "b/c.py"]],
    ["**", paths],
    ["?", ["a", "b/a", "b/c/a", "b/c.py", "A", "é"]],
    ["x+y", ["x+y"]],
    ["(a)", ["(a)/b"]],
    [".git", [".git/HEAD"]],
    ["a[!x]c", ["a!c", "axc"]],
    ["a[^x]c", ["a!c"]],
    ["[a-b]b", ["ab"]],
    ["\\[x]", ["[x]"]],
    ["#a", ["#a"]],
    ["a b", ["a b"]],
    ["..", []],
    ["../a", []],
    [".", []],
    ["/", []]
  ]
  for (const [pattern, expected] of matching) {
    it.effect(`\`${pattern}\` excludes what it does in Docker`, () =>
      Effect.map(excluded([pattern], paths), (found) => expect(found).toEqual(expected))
    )
  }

  it.effect("that matches last decides, also for what is in an excluded directory", () =>
    Effect.gen(function* () {
      const found = yield* excluded(
        ["docs", "!docs/**/*.md", "docs/private", "!docs/private/index.md"],
        ["docs/a.txt", "docs/a.md", "docs/b/c.md", "docs/private/c.md", "docs/private/index.md", "other"]
      )
      expect(found).toEqual(["docs/a.txt", "docs/private/c.md"])
    })
  )

  const name = FastCheck.string({
    unit: FastCheck.constantFrom(..."ab.+($ é{|^-#"),
    minLength: 1,
    maxLength: 3
  }).filter((text) => !/^\.+$/.test(text) && text.trim() === text)
  const segment = FastCheck.oneof(
    name.filter((text) => !text.includes("^")),
    FastCheck.array(FastCheck.constantFrom("a", "b", "*", "?", "[ab]", "[^a]", "[a-c]", "\\*", "\\a", ".", "+"), {
      minLength: 1,
      maxLength: 4
    })
      .map((parts) => parts.join("").replace(/\*{2,}/g, "*"))
      .filter((text) => !/^\.+$/.test(text)),
    FastCheck.constant("**")
  )
  const pattern = FastCheck.tuple(
    FastCheck.boolean(),
    FastCheck.array(segment, { minLength: 1, maxLength: 3 }),
    FastCheck.constantFrom("", "/"),
    FastCheck.constantFrom("", "/")
  )
    .map(([negated, segments, before, after]) => `${negated ? "!" : ""}${before}${segments.join("/")}${after}`)
    // A name that begins with `!` is a negated pattern, and `**/**` has other shapes in both.
    .filter((text) => !text.includes("**/**") && !/^!*!/.test(text.slice(1)))
  const path = FastCheck.array(FastCheck.oneof(name, FastCheck.constantFrom("a", "b", "ab", "*")), {
    minLength: 1,
    maxLength: 3
  }).map((names) => names.join("/"))

  it.effect("means what it does in Docker's own matcher, alone and among others", () =>
    Effect.promise(() =>
      FastCheck.assert(
        FastCheck.asyncProperty(
          FastCheck.array(pattern, { minLength: 1, maxLength: 4 }),
          FastCheck.array(path, { minLength: 1, maxLength: 8 }),
          async (patterns, paths) => {
            const found = await Effect.runPromise(excluded(patterns, paths))
            expect(found).toEqual(paths.filter((each) => dockerIgnores(patterns, each)))
          }
        ),
        { numRuns: 300 }
      )
    )
  )
})
