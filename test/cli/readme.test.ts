/** What the README begins with runs as it stands there. */
import { readFileSync } from "node:fs"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { root } from "../../tools/manifest.js"
import { home, run, start } from "./support/program.js"

const [, block = ""] = /```sh\n([\s\S]*?)```/.exec(readFileSync(`${root}README.md`, "utf8")) ?? []

/** The arguments of each line; those of a line with `&` at its end go to a process that is left running. */
const commands = block
  .trimEnd()
  .split("\n")
  .map((line) => line.replace(/\s+#.*$/, ""))
  .map((line) => ({
    background: line.endsWith(" &"),
    args: [...line.replace(/ &$/, "").matchAll(/"([^"]*)"|(\S+)/g)].map(([, text, word]) => text ?? word ?? "").slice(2)
  }))

describe("the first commands of the README", () => {
  it.scopedLive("run in an empty folder, one after another", () =>
    Effect.gen(function* () {
      expect(commands.length).toBeGreaterThan(3)
      const directory = yield* home
      for (const { args, background } of commands) {
        if (background) {
          const { prints } = yield* start([...args, "--port", "0"], { home: directory })
          yield* prints("listening")
        } else {
          const { code, stderr, stdout } = yield* run(args, { home: directory, input: "My name is Ada\n" })
          expect({ args, code, stderr: code === 0 ? "" : stderr }).toEqual({ args, code: 0, stderr: "" })
          expect(stdout).not.toBe("")
        }
      }
    })
  )
})
