/** Completions, in the shells themselves where those are installed. */
import { spawnSync } from "node:child_process"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { cli, home, program } from "../support/program.js"
import { stromboli } from "../support/servers.js"
import { enter, open } from "../support/terminal.js"

const isInstalled = (shell: string) => spawnSync(shell, ["--version"]).status === 0

const script = (shell: string) =>
  Effect.gen(function* () {
    const directory = yield* home
    const { code, stdout } = yield* cli(["--completions", shell])
    expect(code).toBe(0)
    const file = join(directory, `completions.${shell}`)
    yield* Effect.promise(() => writeFile(file, stdout))
    return file
  })

const wordsOf = (shell: string, args: ReadonlyArray<string>): ReadonlyArray<string> => {
  const { stderr, stdout } = spawnSync(shell, args, { encoding: "utf8" })
  expect(stderr).toBe("")
  return stdout.trimEnd().split(/\s*\n/)
}

/** What is typed, and some of what may come next. */
const cases: ReadonlyArray<readonly [typed: ReadonlyArray<string>, next: ReadonlyArray<string>]> = [
  [[""], ["serve", "jobs", "--help"]],
  [
    ["jobs", ""],
    ["ls", "wait", "--help"]
  ],
  [["jobs", "ls", "--to"], ["--token-file"]],
  [["jobs", "ls", "--json", "--to"], ["--token-file"]],
  [
    ["serve", "stromboli", "--api", ""],
    ["0.4", "0.5"]
  ],
  [["jobs", "ls", "--token-file", "/etc/host"], ["/etc/hosts"]]
]

describe("completions", () => {
  it.scopedLive.runIf(isInstalled("bash"))("complete commands, options, values and files in bash", () =>
    Effect.gen(function* () {
      const file = yield* script("bash")
      for (const [typed, next] of cases) {
        const words = ["effect-sandboxes", ...typed].map((word) => `'${word}'`).join(" ")
        const program = `source ${file}; COMP_WORDS=(${words}); COMP_CWORD=${typed.length}; _effect_sandboxes; printf '%s\\n' "\${COMPREPLY[@]}"`
        expect(wordsOf("bash", ["--norc", "-c", program])).toEqual(expect.arrayContaining([...next]))
      }
    })
  )

  it.scopedLive.runIf(isInstalled("fish"))("complete commands, options, values and files in fish", () =>
    Effect.gen(function* () {
      const file = yield* script("fish")
      for (const [typed, next] of cases) {
        const line = ["effect-sandboxes", ...typed].join(" ")
        const words = wordsOf("fish", ["--no-config", "-c", `source ${file}; complete -C '${line}'`])
        expect(words.map((word) => word.split("\t", 1)[0])).toEqual(expect.arrayContaining([...next]))
      }
    })
  )

  it.scopedLive.runIf(isInstalled("zsh"))("are registered in zsh, which knows what may come next", () =>
    Effect.gen(function* () {
      const file = yield* script("zsh")
      const load = `autoload -U compinit; compinit -D -u; source ${file}`
      expect(wordsOf("zsh", ["-f", "-c", `${load}; print $_comps[effect-sandboxes]`])).toEqual(["_effect_sandboxes"])
      for (const [typed, next] of cases.slice(0, -1)) {
        const before = typed.slice(0, -1).join(" ")
        const words = wordsOf("zsh", ["-f", "-c", `${load}; _effect_sandboxes_words ${before}`])
        expect(words.map((word) => word.split(":", 1)[0])).toEqual(expect.arrayContaining([...next]))
      }
    })
  )

  it.live("are refused for another shell", () =>
    Effect.gen(function* () {
      expect(yield* cli(["--completions", "tcsh"])).toEqual({
        code: 2,
        stdout: "",
        stderr: "error: --completions: expected bash, zsh, fish\n"
      })
    })
  )
})

describe("the wizard", () => {
  it.scopedLive("asks for options, and runs the command", () =>
    Effect.gen(function* () {
      const { variables } = yield* stromboli()
      const screen = yield* open(["token", "validate", "--wizard"], { home: yield* home, variables, rows: 200 })
      const answer = Effect.forever(
        Effect.zipRight(
          Effect.sync(() => screen.type(enter)),
          Effect.sleep("100 millis")
        )
      )
      yield* Effect.raceFirst(screen.ended, answer)
      expect(screen.text()).toContain("effect-sandboxes token validate")
      expect(screen.text()).toContain("GET /auth/validate")
    })
  )

  it.live("is refused where there is no terminal", () =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* cli(["jobs", "ls", "--wizard"])
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" })
      expect(stderr).toContain("there is no terminal")
    })
  )
})

describe("the program", () => {
  it("begins with a line that runs it", () => {
    expect(spawnSync(program, ["--version"], { encoding: "utf8" }).stdout).toMatch(/^\d+\.\d+\.\d+\n/)
  })
})
