/** What every command has: help, usage errors, the streams that things are written to. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { sdkVersion } from "../../../src/version.js"
import { cli } from "../support/program.js"

// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what must not be there.
const escape = /\u001b/

describe("help", () => {
  it.live.each([[], ["--help"], ["-h"]])("is shown for %j", (args) =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* cli(args)
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
      expect(stdout).toContain("USAGE\n  effect-sandboxes <command>\n")
      expect(stdout).toMatch(/\n {2}serve +Run a server/)
    })
  )

  it.live("lists the commands of a group, and the options of a command", () =>
    Effect.gen(function* () {
      expect((yield* cli(["jobs"])).stdout).toMatch(/\n {2}ls +List the jobs/)
      const { stdout } = yield* cli(["jobs", "get", "--help"])
      expect(stdout).toContain("USAGE\n  effect-sandboxes jobs get [options] <id>\n")
      expect(stdout).toMatch(/\n {2}--token-file FILE +Read the token/)
      expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80)
    })
  )

  it.live("has colours only where they are wanted", () =>
    Effect.gen(function* () {
      expect((yield* cli(["--help"])).stdout).not.toMatch(escape)
      expect((yield* cli(["--help"], { variables: { FORCE_COLOR: "1" } })).stdout).toMatch(escape)
      expect((yield* cli(["--help"], { variables: { FORCE_COLOR: "1", NO_COLOR: "1" } })).stdout).not.toMatch(escape)
      expect((yield* cli(["--version"], { variables: { NO_COLOR: "1" } })).stdout.trim()).toBe(sdkVersion)
    })
  )
})

describe("an invalid command line", () => {
  it.live.each([
    [["nonsense"], "nonsense"],
    [["jobs", "nonsense"], "nonsense"],
    [["jobs", "ls", "--nonsense"], "--nonsense"],
    [["jobs", "get"], "<id>"],
    [["jobs", "get", "a", "b"], "'b'"]
  ] as const)("%j ends with exit code 2, says %s on stderr and nothing on stdout", ([[...args], named]) =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* cli(args)
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" })
      expect(stderr).toContain(named)
      expect(stderr).toMatch(/^error: .*\nSee effect-sandboxes .*--help\n$/)
    })
  )
})
