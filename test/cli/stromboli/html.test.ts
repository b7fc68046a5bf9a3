/** `--html`. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { Script } from "../../../src/embedded/stromboli/index.js"
import { home, run, start } from "../support/program.js"
import { stromboli } from "../support/servers.js"

const session = "11111111-2222-4333-8444-555555555555"

describe("--html", () => {
  it.scopedLive("of run, chat and sessions show writes a page, and stdout stays the answer", () =>
    Effect.gen(function* () {
      const { variables } = yield* stromboli()
      const at = { home: yield* home, variables }
      const page = (name: string) => join(at.home, name)
      const ran = yield* run(["run", "--session", session, "--html", page("run.html"), "Count to 3"], at)
      expect(ran).toMatchObject({
        code: 0,
        stdout: "[demo agent, no model was called] Counting to 3:\n1\n2\n3\n",
        stderr: `Wrote the page ${page("run.html")}.\n`
      })
      yield* run(["chat", "--html", page("chat.html")], { ...at, input: "Count to 3\n" })
      yield* run(["sessions", "show", "--html", page("show.html"), session], at)
      for (const name of ["run.html", "chat.html", "show.html"]) {
        const text = readFileSync(page(name), "utf8")
        expect(text).toMatch(/^<!doctype html>[\s\S]*Count to 3[\s\S]*Counting to 3[\s\S]*<\/html>\s*$/i)
      }
      expect(readdirSync(at.home).filter((name) => name.endsWith(".partial"))).toEqual([])
    })
  )

  it.scopedLive("writes the page of a run that is interrupted", () =>
    Effect.gen(function* () {
      const { server, variables } = yield* stromboli({ run: () => Script.hangs("a first line") })
      const directory = yield* home
      const path = join(directory, "page.html")
      const { child, ended } = yield* start(["run", "--html", path, "hello"], { home: directory, variables })
      child.stdin.end()
      yield* Effect.repeat(server.requests, { until: (all) => all.length > 0, schedule: Schedule.spaced("10 millis") })
      child.kill("SIGINT")
      expect((yield* ended).code).toBe(130)
      expect(readFileSync(path, "utf8")).toContain("nterrupted")
    })
  )

  it.scopedLive("is refused before anything is sent where a file is, and where no folder is", () =>
    Effect.gen(function* () {
      const { server, variables } = yield* stromboli()
      const at = { home: yield* home, variables }
      const mine = join(at.home, "mine.txt")
      writeFileSync(mine, "mine")
      for (const path of [mine, join(at.home, "no/page.html")]) {
        expect((yield* run(["run", "--html", path, "hello"], at)).code).toBe(2)
      }
      expect(readFileSync(mine, "utf8")).toBe("mine")
      expect(existsSync(join(at.home, "no"))).toBe(false)
      expect(yield* server.requests).toEqual([])
    })
  )
})
