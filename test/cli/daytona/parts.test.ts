/** The parts of the commands of Daytona that can be tested alone. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import { bar } from "../../../src/cli/daytona/cp/bar.js"
import { expand } from "../../../src/cli/daytona/cp/glob.js"
import { parsePlace, placeText } from "../../../src/cli/daytona/cp/place.js"
import type { Tree } from "../../../src/cli/daytona/cp/Tree.js"
import { logText } from "../../../src/cli/daytona/logs/logText.js"
import { escapes } from "../../../src/cli/daytona/shell/escape.js"
import { modes } from "../../../src/cli/daytona/shell/modes.js"

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (sent: Uint8Array) => new TextDecoder().decode(sent)

/** A text, cut at any positions. */
const cut = (whole: string) =>
  FastCheck.array(FastCheck.nat(whole.length), { maxLength: 5 }).map((positions) => {
    const ends = [0, ...positions.sort((left, right) => left - right), whole.length]
    return ends.slice(1).map((end, index) => whole.slice(ends[index], end))
  })

const typed = (pieces: ReadonlyArray<string>) => {
  const read = escapes()
  let sent = ""
  for (const piece of pieces) {
    const { leave, send } = read(bytes(piece))
    sent += text(send)
    if (leave) return { sent, left: true }
  }
  return { sent, left: false }
}

describe("the way out of a shell", () => {
  it.each([
    ["~.", "", true],
    ["ls\r~.", "ls\r", true],
    ["ls ~.", "ls ~.", false],
    ["\r~~.", "\r~.", false],
    ["\r~x\r", "\r~x\r", false],
    ["cd ~\r~.", "cd ~\r", true]
  ])("for %j sends %j, and leaves: %s", (keys, sent, left) => {
    FastCheck.assert(
      FastCheck.property(cut(keys), (pieces) => {
        expect(typed(pieces)).toEqual({ sent, left })
      })
    )
  })
})

describe("the modes of a terminal", () => {
  it.each([
    ["plain", "\u001b[0m"],
    ["\u001b[?1049h\u001b[?25l", "\u001b[0m\u001b[?1049l\u001b[?25h"],
    ["\u001b[?1049h\u001b[?25lx\u001b[?25h\u001b[?1049l", "\u001b[0m"],
    ["\u001b[?1000;1006h", "\u001b[0m\u001b[?1000l\u001b[?1006l"],
    ["\u001b[?7l", "\u001b[0m"]
  ])("after %j are undone by %j, wherever the output is cut", (output, undone) => {
    FastCheck.assert(
      FastCheck.property(cut(output), (pieces) => {
        const seen = modes()
        for (const piece of pieces) seen.see(bytes(piece))
        expect(seen.undone()).toBe(undone)
      })
    )
  })
})

// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is left alone.
const colour = /\u001b\[[\d;:]*m/

describe("the log of a command", () => {
  it("keeps its colours and nothing else that a terminal obeys", () => {
    expect(logText("\u001b[31mred\u001b[0m\n", true)).toBe("\u001b[31mred\u001b[0m\n\u001b[0m")
    expect(logText("\u001b[31mred\u001b[0m\n", false)).toBe("red\n")
    expect(logText("\u001b]0;title\u0007\u001b[2J", true)).not.toMatch(/\p{Cc}/u)
  })

  it("has no escape but colours, whatever is printed", () => {
    const alphabet = FastCheck.constantFrom("\u001b", "[", "]", "3", "1", ";", "m", "J", "\u0007", "\u009b", "a", "\r")
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(alphabet).map((parts) => parts.join("")),
        (output) => {
          expect(logText(output, true).split(colour).join("")).not.toMatch(/\p{Cc}/u)
        }
      )
    )
  })
})

describe("a place", () => {
  it.each([
    ["box:a/b", "box", "a/b"],
    ["box:", "box", "."],
    ["./a:b", undefined, "./a:b"],
    ["a/b:c", undefined, "a/b:c"],
    ["file", undefined, "file"],
    ["box:a:b", "box", "a:b"]
  ])("%j is in %j at %j", (given, sandbox, path) => {
    expect(parsePlace(given)).toEqual({ sandbox, path })
  })

  it("is read as it is written", () => {
    const names = FastCheck.stringMatching(/^[a-z0-9_-]{2,12}$/)
    const paths = FastCheck.stringMatching(/^[a-z/.: ]{1,12}$/)
    FastCheck.assert(
      FastCheck.property(names, paths, (sandbox, path) => {
        expect(parsePlace(placeText({ sandbox, path }))).toEqual({ sandbox, path })
      })
    )
  })
})

describe("a bar", () => {
  it.each([
    [{ bytes: 0, ofBytes: 0, files: 0, ofFiles: 0, elapsed: 0 }, "████████████████████ 100 %  0 B of 0 B  0 B/s"],
    [
      { bytes: 410, ofBytes: 1_000, files: 2, ofFiles: 7, elapsed: 100 },
      "████████░░░░░░░░░░░░ 41 %  410 B of 1 kB  4.1 kB/s  2 of 7 files"
    ],
    // A file may have grown since it was looked at.
    [
      { bytes: 2_000, ofBytes: 1_000, files: 1, ofFiles: 1, elapsed: 1_000 },
      `${"█".repeat(20)} 100 %  2 kB of 1 kB  2 kB/s`
    ]
  ])("for %j is %j", (done, shown) => {
    expect(bar(done)).toBe(shown)
  })
})

/** A tree of files, by their paths. */
const treeOf = (files: ReadonlyArray<string>): Tree => {
  const normal = (path: string) =>
    path
      .split("/")
      .filter((part) => part !== "" && part !== ".")
      .join("/")
  const children = (path: string) => {
    const below = normal(path) === "" ? "" : `${normal(path)}/`
    const names = files.filter((file) => file.startsWith(below)).map((file) => file.slice(below.length).split("/"))
    return [...new Map(names.map(([name = "", ...rest]) => [name, rest.length > 0])).entries()].map(
      ([name, isFolder]) => ({ name, isFolder, size: 1 })
    )
  }
  return {
    look: (path) => {
      const at = normal(path)
      const isFolder = at === "" || files.some((file) => file.startsWith(`${at}/`))
      return Effect.succeed(isFolder || files.includes(at) ? { name: at, isFolder, size: 1 } : undefined)
    },
    list: (path) => Effect.succeed(children(path)),
    join: (folder, name) => normal(`${folder}/${name}`),
    basename: (path) => normal(path).split("/").at(-1) ?? "",
    makeFolder: () => Effect.void,
    digests: () => Effect.succeed(new Map())
  }
}

describe("a pattern", () => {
  const files = ["a.txt", "b.txt", ".c.txt", "d [1].txt", "#e", "!f", "dir/a.txt", "dir/sub/a.txt", "dig/x"]
  it.effect.each([
    ["*.txt", ["a.txt", "b.txt", "d [1].txt"]],
    [".*.txt", [".c.txt"]],
    ["[ab].txt", ["a.txt", "b.txt"]],
    ["di?/*", ["dir/a.txt", "dir/sub", "dig/x"]],
    ["di*/a.txt", ["dir/a.txt"]],
    ["#*", ["#e"]],
    ["!*", ["!f"]],
    ["d [1].txt", ["d [1].txt"]],
    ["none*", []],
    ["dir", ["dir"]]
  ] as const)("%j is %j", ([pattern, expected]) =>
    Effect.map(expand(treeOf(files), pattern), (found) => expect(found).toEqual(expected))
  )
})
