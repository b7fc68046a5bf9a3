/** What the daemon really does to a working tree, as seen with the library that it is built on. */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type Generation, generations } from "../../../../support/embeddedToolbox.js"
import { verdict } from "../../support.js"
import { cloned, git, pushFromElsewhere, write } from "./support.js"

/** A clone on `main`, and `other`, which changes README.md and has two files more, one of them ignored. */
const repository = (generation: Generation) =>
  Effect.gen(function* () {
    const box = yield* cloned({ generation })
    const { at: directory } = box
    yield* git(directory, "checkout", "--quiet", "-b", "other")
    yield* write(directory, "README.md", "other\n")
    yield* write(directory, "theirs.txt", "theirs\n")
    yield* write(directory, "theirs.log", "theirs\n")
    yield* write(directory, ".gitignore", "*.log\n")
    yield* git(directory, "add", "--force", ".")
    yield* git(directory, "commit", "--quiet", "-m", "other")
    yield* git(directory, "checkout", "--quiet", "main")
    const text = (name: string) => readFileSync(join(directory, name), "utf8")
    const head = git(directory, "symbolic-ref", "HEAD")
    return { ...box, directory, text, head }
  })

const notFound = (name: string) => [
  404,
  `not found: failed to checkout branch or commit '${name}': reference not found`
]

const dirty = [409, "conflict: worktree contains unstaged changes"]

describe.each(generations)("the daemon of generation %s", (generation) => {
  it.live("moves HEAD under unstaged changes; the older one says that the branch does not exist", () =>
    Effect.gen(function* () {
      const { directory, head, path, post, text } = yield* repository(generation)
      yield* write(directory, "README.md", "mine\n")
      expect(verdict(yield* post("/git/checkout", { path, branch: "other" }))).toEqual(
        generation === "0.190" ? notFound("other") : dirty
      )
      expect(yield* head).toBe("refs/heads/other")
      expect(text("README.md")).toBe("mine\n")
      expect(verdict(yield* post("/git/branches", { path, name: "made" }))).toEqual(dirty)
      expect(yield* head).toBe("refs/heads/made")
    }).pipe(Effect.scoped)
  )

  it.live("undoes staged changes, deletes staged files and overwrites untracked ones, with success", () =>
    Effect.gen(function* () {
      const { directory, head, path, post, text } = yield* repository(generation)
      const stage = Effect.gen(function* () {
        yield* write(directory, "README.md", "mine\n")
        yield* write(directory, "new.txt", "mine\n")
        yield* git(directory, "add", ".")
      })
      yield* stage
      expect((yield* post("/git/branches", { path, name: "made" })).status).toBe(201)
      expect([text("README.md"), existsSync(join(directory, "new.txt"))]).toEqual(["hello\n", false])
      yield* stage
      for (const name of ["theirs.txt", "theirs.log", "kept.txt"]) yield* write(directory, name, "mine\n")
      expect((yield* post("/git/checkout", { path, branch: "other" })).status).toBe(200)
      expect(yield* head).toBe("refs/heads/other")
      expect([text("README.md"), existsSync(join(directory, "new.txt"))]).toEqual(["other\n", false])
      expect(["theirs.txt", "theirs.log", "kept.txt"].map(text)).toEqual(["theirs\n", "theirs\n", "mine\n"])
    }).pipe(Effect.scoped)
  )

  it.live("pulls the branch from under unstaged changes, and overwrites untracked files", () =>
    Effect.gen(function* () {
      const { at: directory, path, post, seed } = yield* cloned({ generation })
      const theirs = yield* pushFromElsewhere(seed, "theirs.txt", "theirs\n")
      yield* write(directory, "theirs.txt", "mine\n")
      expect((yield* post("/git/pull", { path })).status).toBe(200)
      expect(readFileSync(join(directory, "theirs.txt"), "utf8")).toBe("theirs\n")
      expect(yield* git(directory, "rev-parse", "HEAD")).toBe(theirs)
      const more = yield* pushFromElsewhere(seed, "more.txt", "more\n")
      yield* write(directory, "README.md", "mine\n")
      expect(verdict(yield* post("/git/pull", { path }))).toEqual(dirty)
      expect(yield* git(directory, "rev-parse", "HEAD")).toBe(more)
      // The next commit would revert theirs.
      expect(yield* git(directory, "diff", "--cached", "--name-status")).toBe("D\tmore.txt")
    }).pipe(Effect.scoped)
  )

  it.live("knows nothing about the remote's branches after a clone without one", () =>
    Effect.gen(function* () {
      const { at: directory, bare, get, path, post } = yield* cloned({ generation })
      expect((yield* get("/git/status", { path })).json).toMatchObject({ branchPublished: false, ahead: 0, behind: 0 })
      expect(yield* git(directory, "config", "remote.origin.fetch")).toBe("+HEAD:refs/remotes/origin/HEAD")
      yield* post("/git/clone", { url: bare, path: "named", branch: "main" })
      expect((yield* get("/git/status", { path: "named" })).json).toMatchObject({ branchPublished: true })
    }).pipe(Effect.scoped)
  )

  it.live("stages file after file, up to the first that does not exist", () =>
    Effect.gen(function* () {
      const { at: directory, path, post } = yield* cloned({ generation })
      for (const name of ["a", "b"]) yield* write(directory, name, name)
      expect(verdict(yield* post("/git/add", { path, files: ["a", "missing", "b"] }))).toEqual([500, "entry not found"])
      expect(yield* git(directory, "diff", "--cached", "--name-only")).toBe("a")
    }).pipe(Effect.scoped)
  )
})

describe("a name that is no branch", () => {
  it.live("stands for `master` to the older daemon", () =>
    Effect.gen(function* () {
      const { directory, head, path, post } = yield* repository("0.190")
      expect(verdict(yield* post("/git/checkout", { path, branch: "nope" }))).toEqual(notFound("nope"))
      yield* git(directory, "branch", "master", "other")
      expect((yield* post("/git/checkout", { path, branch: "nope" })).status).toBe(200)
      expect(yield* head).toBe("refs/heads/master")
    }).pipe(Effect.scoped)
  )

  it.live("can be a hash to the newer daemon, where zeros stand for `master`", () =>
    Effect.gen(function* () {
      const { directory, head, path, post } = yield* repository("current")
      yield* git(directory, "branch", "master", "other")
      for (const branch of ["nope", "abc", "deadbeef"]) {
        expect(verdict(yield* post("/git/checkout", { path, branch }))).toEqual([
          404,
          `not found: branch "${branch}" not found: branch not found`
        ])
      }
      expect(yield* head).toBe("refs/heads/main")
      expect((yield* post("/git/checkout", { path, branch: "0000" })).status).toBe(200)
      expect(yield* head).toBe("refs/heads/master")
    }).pipe(Effect.scoped)
  )
})
