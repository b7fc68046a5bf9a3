/** The names that Git accepts for a branch, held against the program itself. */
import { spawnSync } from "node:child_process"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { Git } from "../../../../../src/services/daytona/toolbox/git/Git.js"
import { validBranchName } from "../../../../../src/services/daytona/toolbox/git/requests.js"
import { scriptedToolbox } from "../../../../support/scriptedToolbox.js"

const operation = { name: "Git.createBranch", method: "POST" } as const

const isAccepted = (name: string) => Either.isRight(Effect.runSync(Effect.either(validBranchName(operation, name))))

/** `check-ref-format --branch` would expand what stands for another name, such as `@`. */
const isBranch = (name: string) =>
  !name.startsWith("-") &&
  !["HEAD", "@"].includes(name) &&
  spawnSync("git", ["check-ref-format", `refs/heads/${name}`], { cwd: "/" }).status === 0

const pieces = [
  "a",
  "ü",
  ".",
  "..",
  "/",
  "-",
  "@",
  "@{",
  ".lock",
  " ",
  "~",
  "^",
  ":",
  "?",
  "*",
  "[",
  "\\",
  "\t",
  "\x7f",
  "HEAD"
]

describe("the name of a new branch", () => {
  it("is refused exactly when Git refuses it", () => {
    const name = FastCheck.array(FastCheck.constantFrom(...pieces), { minLength: 1, maxLength: 4 }).map((all) =>
      all.join("")
    )
    FastCheck.assert(
      FastCheck.property(name, (text) => {
        expect([text, isAccepted(text)]).toEqual([text, isBranch(text)])
      }),
      { numRuns: 300 }
    )
  })

  it.effect("is refused before anything is sent, and named", () =>
    Effect.gen(function* () {
      const { layer, lines } = scriptedToolbox()
      const created = Effect.flatMap(Git, (git) => git.createBranch("repository", { name: "my branch" }))
      expect(yield* Effect.flip(created).pipe(Effect.provide(Git.layer), Effect.provide(layer))).toMatchObject({
        _tag: "InvalidRequest",
        field: "name"
      })
      expect(lines()).toEqual([])
    })
  )
})
