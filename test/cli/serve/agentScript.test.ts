/** `serve stromboli --script`: answers that take their time, fail, or never end. */
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { cli, home, run, start } from "../support/program.js"

const script = `
[[answer]]
when = "SLOW"
after = "300ms"
every = "100ms"
say = "one\\ntwo"

[[answer]]
when = "forever"
say = "I begin"
hang = true

[[answer]]
when = "fail"
say = "half"
exit = 1

[[answer]]
when = "crash"
exit = 137
`

const serving = Effect.gen(function* () {
  const directory = yield* home
  const file = join(directory, "script.toml")
  yield* Effect.promise(() => writeFile(file, script))
  const server = yield* start(["serve", "stromboli", "--port", "0", "--script", file], { home: directory })
  yield* server.prints("listening")
  return directory
})

describe("a script", () => {
  it.scopedLive("answers by what is in the prompt, and leaves the rest to the demo agent", () =>
    Effect.gen(function* () {
      const directory = yield* serving
      const answered = (prompt: string) => run(["run", "--embedded", prompt], { home: directory })
      const began = performance.now()
      expect(yield* answered("a slow prompt")).toEqual({ code: 0, stdout: "one\ntwo\n", stderr: "" })
      expect(performance.now() - began).toBeGreaterThan(500)
      expect((yield* answered("please fail")).code).toBe(1)
      expect(yield* answered("please crash")).toMatchObject({ code: 1 })
      expect((yield* answered("Count to 2")).stdout).toContain("Counting to 2")
    })
  )

  it.scopedLive("that never ends can be cancelled", () =>
    Effect.gen(function* () {
      const directory = yield* serving
      const started = yield* run(["run", "--embedded", "--background", "run forever"], { home: directory })
      const id = started.stdout.trim()
      const waited = yield* run(["jobs", "wait", "--embedded", "--timeout", "1s", id], { home: directory })
      expect(waited.code).toBe(124)
      expect(waited.stderr).toContain("can be awaited again")
      const cancelled = yield* run(["jobs", "cancel", "--embedded", id], { home: directory })
      expect(cancelled.stdout).toBe(`${id}\n`)
      expect(cancelled.stderr).toContain("does not stop containers")
      const again = yield* run(["jobs", "cancel", "--embedded", id], { home: directory })
      expect(again.code).toBe(6)
      const listed = yield* run(["jobs", "ls", "--embedded", "--json"], { home: directory })
      expect(JSON.parse(listed.stdout)).toMatchObject([{ id, status: "cancelled" }])
    })
  )

  it.scopedLive.each([
    ["[[answer]]\nsay = 5\n", "say"],
    ['[[answer]]\nsays = "x"\n', "says"],
    ['[[answer]]\nafter = "soon"\n', "must be a time"],
    ["[[answer]\n", "cannot be used"]
  ] as const)("%j is refused", ([text, told]) =>
    Effect.gen(function* () {
      const directory = yield* home
      const file = join(directory, "script.toml")
      yield* Effect.promise(() => writeFile(file, text))
      const { code, stderr } = yield* cli(["serve", "stromboli", "--port", "0", "--script", file])
      expect(code).toBe(2)
      expect(stderr).toContain(told)
    })
  )
})
