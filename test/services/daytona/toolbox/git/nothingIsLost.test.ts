/** No call loses what is not committed, whatever the daemon would do. */
import { existsSync, readFileSync } from "node:fs"
import { mkdir, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { Git } from "../../../../../src/services/daytona/toolbox/git/Git.js"
import { Process } from "../../../../../src/services/daytona/toolbox/process/Process.js"
import { Workspace } from "../../../../../src/services/daytona/toolbox/Workspace.js"
import { serve } from "../../../../embedded/daytona/toolbox/git/server.js"
import { git as program } from "../../../../embedded/daytona/toolbox/git/support.js"
import { embeddedToolbox, type Generation, generations } from "../../../../support/embeddedToolbox.js"

const sandbox = (generation: Generation, env: Readonly<Record<string, string>> = {}) =>
  Layer.mergeAll(Git.layer, Workspace.layer, Process.layer).pipe(Layer.provide(embeddedToolbox({ generation, env })))

/** The shell is there, and nothing else. */
const emptyDirectory = join(tmpdir(), `no-programs-${process.pid}`)
const withoutGit = { PATH: emptyDirectory }
beforeAll(() => mkdir(emptyDirectory, { recursive: true }))
afterAll(() => rm(emptyDirectory, { recursive: true, force: true }))

const write = (directory: string, name: string, text: string) =>
  Effect.promise(() => writeFile(join(directory, name), text))

const path = "repository"

/**
 * A clone on `main`. `other` changes README.md and has two more files, one of which is ignored on `main`. The remote
 * has one more commit on `main`, with `theirs.txt`.
 */
const repository = Effect.gen(function* () {
  const work = yield* Effect.flatMap(Workspace, ({ workDirectory }) => workDirectory)
  const seed = join(work, "..", "seed")
  const bare = join(work, "..", "origin.git")
  yield* Effect.promise(() => mkdir(seed, { recursive: true }))
  yield* program(seed, "init", "--quiet", "--initial-branch=main", ".")
  yield* write(seed, "README.md", "hello\n")
  yield* write(seed, ".gitignore", "*.log\n")
  yield* program(seed, "add", ".")
  yield* program(seed, "commit", "--quiet", "-m", "first")
  yield* program(seed, "checkout", "--quiet", "-b", "other")
  for (const name of ["README.md", "theirs.txt", "theirs.log"]) yield* write(seed, name, "theirs\n")
  yield* program(seed, "add", "--force", ".")
  yield* program(seed, "commit", "--quiet", "-m", "other")
  yield* program(seed, "checkout", "--quiet", "main")
  yield* program(seed, "clone", "--quiet", "--bare", seed, bare)
  yield* program(seed, "remote", "add", "origin", bare)
  const git = yield* Git
  yield* git.clone({ url: bare, path, branch: "main" })
  const at = join(work, path)
  yield* program(at, "fetch", "--quiet", "origin", "other:other")
  const push = Effect.gen(function* () {
    for (const name of ["README.md", "theirs.txt", "theirs.log"]) yield* write(seed, name, "pushed\n")
    yield* program(seed, "add", "--force", ".")
    yield* program(seed, "commit", "--quiet", "-m", "pushed")
    yield* program(seed, "push", "--quiet", "origin", "main")
  })
  const text = (name: string) => (existsSync(join(at, name)) ? readFileSync(join(at, name), "utf8") : undefined)
  /** Everything that could be lost. */
  const state = Effect.all([
    program(at, "symbolic-ref", "HEAD"),
    program(at, "rev-parse", "HEAD"),
    program(at, "status", "--porcelain", "--ignored"),
    program(at, "diff", "HEAD"),
    Effect.sync(() => ["README.md", "new.txt", "theirs.txt", "theirs.log"].map(text))
  ])
  return { git, at, bare, push, seed, state, text }
})

/** Each is in the way of `other`, and of what the remote has. */
const work: ReadonlyArray<readonly [string, string, (at: string) => Effect.Effect<unknown>]> = [
  ["an unstaged change", "README.md", (at) => write(at, "README.md", "mine\n")],
  [
    "a staged change and a staged file",
    "README.md",
    (at) => Effect.all([write(at, "README.md", "mine\n"), write(at, "new.txt", "mine\n"), program(at, "add", ".")])
  ],
  ["an untracked file", "theirs.txt", (at) => write(at, "theirs.txt", "mine\n")],
  ["an ignored file", "theirs.log", (at) => write(at, "theirs.log", "mine\n")]
]

describe.each(generations)("with the git program, in a sandbox of generation %s", (generation) => {
  it.live.each(work)("%s stays as it is when a checkout or a pull would overwrite it", ([, file, change]) =>
    Effect.gen(function* () {
      const { at, git, push, state } = yield* repository
      yield* push
      yield* change(at)
      const before = yield* state
      const inTheWay = { _tag: "GitDirtyWorktree", admitted: "no", files: expect.arrayContaining([file]) }
      expect(yield* Effect.flip(git.checkout(path, { branch: "other" }))).toMatchObject(inTheWay)
      expect(yield* state).toEqual(before)
      expect(yield* Effect.flip(git.pull(path))).toMatchObject(inTheWay)
      expect(yield* state).toEqual(before)
    }).pipe(Effect.provide(sandbox(generation)))
  )

  it.live.each(work)("%s goes along to a new branch, and to a commit that does not touch it", ([, , change]) =>
    Effect.gen(function* () {
      const { at, git, state } = yield* repository
      yield* change(at)
      const [, ...before] = yield* state
      yield* git.createBranch(path, { name: "mine" })
      const [head, ...after] = yield* state
      expect([head, ...after]).toEqual(["refs/heads/mine", ...before])
      yield* git.checkout(path, { branch: "main" })
      expect(yield* state).toEqual(["refs/heads/main", ...before])
    }).pipe(Effect.provide(sandbox(generation)))
  )

  it.live.each(work)("%s is discarded only on request", ([, file, change]) =>
    Effect.gen(function* () {
      const { at, git, push, text } = yield* repository
      yield* change(at)
      yield* git.checkout(path, { branch: "other", discardChanges: true })
      expect(text(file)).toBe("theirs\n")
      yield* git.checkout(path, { branch: "main", discardChanges: true })
      yield* push
      yield* change(at)
      yield* git.pull(path, { discardChanges: true })
      expect(text(file)).toBe("pushed\n")
      yield* git.pull(path, { discardChanges: true })
    }).pipe(Effect.provide(sandbox(generation)))
  )

  it.live("a pull brings what the remote has on the current branch, and no other", () =>
    Effect.gen(function* () {
      const { at, git, push, text } = yield* repository
      yield* push
      yield* write(at, "mine.txt", "mine\n")
      yield* git.pull(path)
      expect([text("README.md"), text("mine.txt")]).toEqual(["pushed\n", "mine\n"])
      yield* git.checkout(path, { branch: "other" })
      yield* git.pull(path)
      expect(text("README.md")).toBe("theirs\n")
      yield* git.createBranch(path, { name: "unknown" })
      expect(yield* Effect.flip(git.pull(path))).toMatchObject({ _tag: "GitNotFound", what: "reference" })
      yield* program(at, "checkout", "--quiet", "--detach")
      expect(yield* Effect.flip(git.pull(path))).toMatchObject({ _tag: "GitNotFound", what: "reference" })
      expect(yield* Effect.flip(git.pull(path, { remote: "none" }))).toMatchObject({
        _tag: "GitNotFound",
        what: "remote"
      })
    }).pipe(Effect.provide(sandbox(generation)))
  )

  it.live("a branch that does not exist is not another one, and a directory in a repository is not a repository", () =>
    Effect.gen(function* () {
      const { at, git, state } = yield* repository
      yield* program(at, "branch", "master", "other")
      const before = yield* state
      for (const branch of ["nope", "--force", "a'b", "$(id)", "HEAD~0", "f".repeat(40)]) {
        expect(yield* Effect.flip(git.checkout(path, { branch }))).toMatchObject({
          _tag: "GitNotFound",
          what: "reference"
        })
      }
      yield* Effect.promise(() => mkdir(join(at, "below")))
      for (const name of [`${path}/below`, "nowhere", "-", "it's"]) {
        expect(yield* Effect.flip(git.checkout(name, { branch: "other" }))).toMatchObject({
          _tag: "GitNotFound",
          what: "repository"
        })
      }
      expect(yield* Effect.flip(git.createBranch(path, { name: "a..b" }))).toMatchObject({
        _tag: "InvalidRequest",
        field: "name"
      })
      expect(yield* state).toEqual(before)
    }).pipe(Effect.provide(sandbox(generation)))
  )

  it.live("a fetch finds all branches, also after a clone without one, and changes nothing else", () =>
    Effect.gen(function* () {
      const { bare, git, push, seed } = yield* repository
      const { url } = yield* serve({ directory: join(bare, ".."), credentials: "ada:secret word" })
      const credentials = { username: "ada", password: Redacted.make("secret word") }
      yield* git.clone({ url: `${url}/origin.git`, path: "unnamed", credentials })
      expect(yield* git.status("unnamed")).toMatchObject({ branchPublished: true, behind: 0 })
      yield* push
      const wrong = { ...credentials, password: Redacted.make("guess") }
      for (const given of [undefined, wrong]) {
        const error = yield* Effect.flip(git.fetch("unnamed", { credentials: given }))
        expect(error._tag).toBe("GitAuthenticationFailed")
        expect(JSON.stringify(error)).not.toContain("guess")
      }
      yield* git.fetch("unnamed", { credentials })
      expect(yield* git.status("unnamed")).toMatchObject({ behind: 1, fileStatus: [] })
      yield* git.checkout("unnamed", { branch: "other" })
      expect(yield* git.status("unnamed")).toMatchObject({ currentBranch: "other", branchPublished: true })
      yield* git.checkout("unnamed", { branch: yield* program(seed, "rev-parse", "main") })
      yield* git.checkout("unnamed", { branch: "main" })
      yield* git.pull("unnamed", { credentials })
      expect(yield* git.status("unnamed")).toMatchObject({ currentBranch: "main", behind: 0 })
      expect(yield* Effect.flip(git.fetch("unnamed", { credentials, branch: "none" }))).toMatchObject({
        _tag: "GitNotFound",
        what: "reference"
      })
    }).pipe(Effect.scoped, Effect.provide(sandbox(generation)))
  )

  it.live("a directory with files is not cloned into, unless asked for", () =>
    Effect.gen(function* () {
      const { at, bare, git } = yield* repository
      const there = join(at, "..", "there")
      yield* Effect.promise(() => mkdir(there))
      yield* write(there, "README.md", "mine\n")
      expect(yield* Effect.flip(git.clone({ url: bare, path: "there" }))).toMatchObject({
        _tag: "GitAlreadyExists",
        what: "files",
        admitted: "no"
      })
      expect(readFileSync(join(there, "README.md"), "utf8")).toBe("mine\n")
      yield* git.clone({ url: bare, path: "there", overwrite: true })
      expect(readFileSync(join(there, "README.md"), "utf8")).toBe("hello\n")
    }).pipe(Effect.provide(sandbox(generation)))
  )
})

describe.each(generations)("without the git program, in a sandbox of generation %s", (generation) => {
  it.live.each(work.slice(0, 3))("%s stays as it is: the daemon is not asked", ([, file, change]) =>
    Effect.gen(function* () {
      const { at, git, push, state } = yield* repository
      yield* push
      yield* change(at)
      const before = yield* state
      const refused = { _tag: "GitDirtyWorktree", admitted: "no", files: expect.arrayContaining([file]) }
      expect(yield* Effect.flip(git.checkout(path, { branch: "other" }))).toMatchObject(refused)
      expect(yield* Effect.flip(git.pull(path))).toMatchObject(refused)
      if (file !== "theirs.txt") {
        expect(yield* Effect.flip(git.createBranch(path, { name: "mine" }))).toMatchObject(refused)
      }
      expect(yield* state).toEqual(before)
    }).pipe(Effect.provide(sandbox(generation, withoutGit)))
  )

  it.live("the daemon does what nothing is lost by", () =>
    Effect.gen(function* () {
      const { at, git, push, text } = yield* repository
      yield* push
      yield* git.pull(path)
      expect(text("README.md")).toBe("pushed\n")
      yield* git.checkout(path, { branch: "other" })
      yield* write(at, "untracked", "mine\n")
      yield* git.createBranch(path, { name: "mine" })
      expect(yield* program(at, "symbolic-ref", "HEAD")).toBe("refs/heads/mine")
      yield* Effect.promise(() => rm(join(at, "untracked")))
      yield* program(at, "branch", "master", "main")
      expect(yield* Effect.flip(git.checkout(path, { branch: "nope" }))).toMatchObject({
        _tag: "GitNotFound",
        what: "reference",
        admitted: "no"
      })
      expect(yield* program(at, "symbolic-ref", "HEAD")).toBe("refs/heads/mine")
      const missing = { _tag: "GitProgramMissing", admitted: "no" }
      expect(yield* Effect.flip(git.fetch(path))).toMatchObject(missing)
      expect(yield* Effect.flip(git.pull(path, { discardChanges: true }))).toMatchObject(missing)
      expect(yield* Effect.flip(git.checkout(path, { branch: "main", discardChanges: true }))).toMatchObject(missing)
    }).pipe(Effect.provide(sandbox(generation, withoutGit)))
  )
})

it.live("without the git program, a recent daemon pulls the current branch and not the default one of the remote", () =>
  Effect.gen(function* () {
    const { at, bare, git, push, text } = yield* repository
    yield* push
    yield* program(bare, "branch", "feature", "main~1")
    yield* program(at, "checkout", "--quiet", "-b", "feature", "main")
    yield* git.pull(path)
    expect(text("theirs.txt")).toBe(undefined)
    yield* git.pull(path, { branch: "main" })
    expect(text("theirs.txt")).toBe("pushed\n")
  }).pipe(Effect.provide(sandbox("current", withoutGit)))
)

it.live("git in a sandbox runs no hooks of the repository", () =>
  Effect.gen(function* () {
    const { at, git } = yield* repository
    const hook = join(at, ".git", "hooks", "post-checkout")
    yield* Effect.promise(() => mkdir(join(at, ".git", "hooks"), { recursive: true }))
    yield* Effect.promise(() => writeFile(hook, "#!/bin/sh\ntouch ran\n", { mode: 0o755 }))
    yield* Effect.promise(() => symlink(at, join(at, "..", "linked")))
    yield* git.checkout("linked", { branch: "other" })
    expect(existsSync(join(at, "ran"))).toBe(false)
  }).pipe(Effect.provide(sandbox("current")))
)
