/** Repositories as a model sees and changes them. */
import { expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Process } from "../../src/daytona.js"
import { answered, failed, tools } from "../support/sandboxTools.js"
import { describeWithLayer } from "../support/sharedLayer.js"

const shell = (command: string) => Effect.flatMap(Process, (process) => process.executeOrFail(command))

const repository = (path: string) =>
  shell(
    `git init -q -b main ${path} && cd ${path} && printf 'a\\nb\\n' > file && git add . && ` +
      "git -c user.name=Ada -c user.email=ada@a.test commit -q -m first && printf 'a\\nc\\n' > file && echo new > new"
  )

describeWithLayer(
  "git",
  tools({ gitAuthor: { name: "Bot", email: "bot@a.test" } }),
  "30 seconds"
)((it) => {
  it.effect("shows what has changed, what is staged, and what was committed", () =>
    Effect.gen(function* () {
      yield* repository("one")
      const given = { repository: "one" }
      expect(yield* answered("git_status", given)).toEqual({ branch: "main", files: "file: Modified\nnew: Untracked" })
      expect(yield* answered("git_diff", given)).toEqual({
        patch: expect.stringMatching(/^diff --git a\/file b\/file\n[\s\S]*\n a\n-b\n\+c\n$/)
      })
      expect(yield* answered("git_diff", { ...given, staged: true })).toEqual({ patch: "" })
      expect(yield* answered("git_log", given)).toEqual({
        commits: expect.stringMatching(/^[0-9a-f]{7,} \S+ Ada: first$/)
      })
    })
  )

  it.effect("commits some files, then all, as the author that the application names", () =>
    Effect.gen(function* () {
      yield* repository("two")
      const given = { repository: "two" }
      expect(yield* answered("git_commit", { ...given, message: "second", files: ["new"] })).toEqual({
        commit: expect.stringMatching(/^[0-9a-f]{40}$/)
      })
      expect(yield* answered("git_status", given)).toMatchObject({ files: "file: Modified" })
      yield* answered("git_commit", { ...given, message: "third" })
      expect(yield* answered("git_log", { ...given, count: 2 })).toMatchObject({
        commits: expect.stringMatching(/^\S+ \S+ Bot: third\n\S+ \S+ Bot: second$/)
      })
      expect(yield* failed("git_commit", { ...given, message: "fourth" })).toEqual({
        _tag: "ToolFailed",
        reason: "nothingToCommit",
        message: "There is nothing to commit."
      })
    })
  )

  it.effect("creates, lists and checks out branches, and loses no change", () =>
    Effect.gen(function* () {
      yield* repository("three")
      const given = { repository: "three" }
      expect(yield* answered("git_branch", { ...given, branch: "dev", create: true })).toEqual({
        branch: "dev",
        branches: "dev\nmain"
      })
      yield* answered("git_commit", { ...given, message: "on dev" })
      yield* shell("cd three && printf 'z\\n' > file")
      expect(yield* failed("git_branch", { ...given, branch: "main" })).toMatchObject({
        reason: "wouldLoseChanges",
        message: expect.stringMatching(/^Nothing was changed/)
      })
      expect((yield* shell("cat three/file")).stdout).toBe("z\n")
      expect(yield* failed("git_branch", { ...given, branch: "nowhere" })).toMatchObject({
        reason: "notFound",
        message: expect.stringMatching(/^There is no such branch or commit in three/)
      })
    })
  )

  it.effect("tells where there is no repository, no commit and no remote", () =>
    Effect.gen(function* () {
      yield* repository("four")
      yield* shell("mkdir -p empty")
      for (const name of ["git_status", "git_diff", "git_log", "git_branch"]) {
        expect(yield* failed(name, { repository: "empty" }), name).toMatchObject({ reason: "notFound" })
      }
      expect(yield* failed("git_diff", { repository: "four", from: "nothing" })).toMatchObject({ reason: "notFound" })
      expect(yield* failed("git_clone", { url: "https://nowhere.invalid/a.git", path: "clone" })).toMatchObject({
        _tag: "ToolFailed",
        message: expect.stringContaining("nowhere.invalid")
      })
      expect(yield* failed("git_clone", { url: "https://me:token-in-url@git.test/a", path: "clone" })).toMatchObject({
        _tag: "InvalidArguments",
        argument: "url"
      })
    })
  )

  it.effect("runs no program that a repository names", () =>
    Effect.gen(function* () {
      yield* repository("five")
      yield* shell("cd five && git config diff.external 'touch ran;' && git config core.pager 'touch ran;'")
      yield* answered("git_diff", { repository: "five" })
      yield* answered("git_log", { repository: "five" })
      expect((yield* shell("ls five")).stdout).toBe("file\nnew\n")
    })
  )
})
