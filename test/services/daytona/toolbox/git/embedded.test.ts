import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { Git } from "../../../../../src/services/daytona/toolbox/git/Git.js"
import { Workspace } from "../../../../../src/services/daytona/toolbox/Workspace.js"
import { serve } from "../../../../embedded/daytona/toolbox/git/server.js"
import { git as program } from "../../../../embedded/daytona/toolbox/git/support.js"
import { embeddedToolbox, type Generation, generations } from "../../../../support/embeddedToolbox.js"

const sandbox = (generation: Generation) =>
  Layer.mergeAll(Git.layer, Workspace.layer).pipe(Layer.provide(embeddedToolbox({ generation })))

const author = { name: "Ada", email: "ada@example.com" }
const credentials = { username: "ada", password: Redacted.make("secret word") }

/**
 * A bare repository with one commit on `main`, behind a server that wants to know who asks; and a directory of the
 * sandbox.
 */
const origin = Effect.gen(function* () {
  const work = yield* Effect.flatMap(Workspace, ({ workDirectory }) => workDirectory)
  const places = { work, seed: join(work, "..", "seed"), bare: join(work, "..", "origin.git") }
  yield* Effect.promise(() => mkdir(places.seed, { recursive: true }))
  yield* program(places.seed, "init", "--quiet", "--initial-branch=main", ".")
  yield* write(places.seed, "README.md", "hello\n")
  yield* program(places.seed, "add", ".")
  yield* program(places.seed, "commit", "--quiet", "-m", "first")
  yield* program(places.seed, "clone", "--quiet", "--bare", places.seed, places.bare)
  yield* program(places.bare, "config", "http.receivepack", "true")
  yield* program(places.seed, "remote", "add", "origin", places.bare)
  const { url } = yield* serve({ directory: join(work, ".."), credentials: "ada:secret word" })
  return { ...places, url: `${url}/origin.git` }
})

const write = (directory: string, name: string, text: string) =>
  Effect.promise(() => writeFile(join(directory, name), text))

const pushFromElsewhere = (seed: string) =>
  Effect.gen(function* () {
    yield* write(seed, "theirs.txt", "t")
    yield* program(seed, "add", ".")
    yield* program(seed, "commit", "--quiet", "-m", "theirs")
    yield* program(seed, "push", "--quiet", "origin", "HEAD")
  })

describe.each(generations)("git in a sandbox of generation %s", (generation) => {
  it.live("takes a change from a clone to the remote", () =>
    Effect.gen(function* () {
      const git = yield* Git
      const { bare, url, work } = yield* origin
      const path = "repository"
      yield* git.clone({ url, path, credentials })
      yield* git.createBranch(path, { name: "feature" })
      yield* write(join(work, path), "new file.txt", "new\n")
      yield* write(join(work, path), "README.md", "changed\n")
      const status = yield* git.status(path)
      expect(status.currentBranch).toBe("feature")
      expect(status.fileStatus.map(({ name, worktree }) => [name, worktree])).toEqual([
        ["README.md", "Modified"],
        ["new file.txt", "Untracked"]
      ])
      yield* git.add(path, { files: ["new file.txt"] })
      const hash = yield* git.commit(path, { message: "Say more\n\nAnd why.", author })
      yield* git.push(path, { credentials })
      expect(yield* program(bare, "rev-parse", "feature")).toBe(hash)
      const [latest] = yield* git.history(path)
      expect(latest).toMatchObject({ hash, author: "Ada", email: "ada@example.com" })
      expect(latest?.message.trim()).toBe("Say more\n\nAnd why.")
      expect((yield* git.branches(path)).branches).toEqual(["feature", "main"])
    }).pipe(Effect.scoped, Effect.provide(sandbox(generation)))
  )

  it.live("classifies failures", () =>
    Effect.gen(function* () {
      const git = yield* Git
      const { seed, url, work } = yield* origin
      const path = "repository"
      const wrong = { ...credentials, password: Redacted.make("guess") }
      const failures = {
        anonymous: yield* Effect.flip(git.clone({ url, path: "a" })),
        wrongPassword: yield* Effect.flip(git.clone({ url, path: "b", credentials: wrong })),
        noRemote: yield* Effect.flip(git.clone({ url: "http://127.0.0.1:1/a.git", path: "c" })),
        noRepository: yield* Effect.flip(git.status("nowhere")),
        unknownOrigin: yield* Effect.flip(
          git.clone({ url: url.replace("origin.git", "other.git"), path: "d", credentials })
        )
      }
      expect(Object.fromEntries(Object.entries(failures).map(([name, error]) => [name, error._tag]))).toEqual({
        anonymous: "GitAuthenticationFailed",
        wrongPassword: "GitAuthenticationFailed",
        noRemote: "GitRemoteUnreachable",
        noRepository: "GitNotFound",
        unknownOrigin: "GitNotFound"
      })
      yield* git.clone({ url, path, credentials })
      expect(yield* Effect.flip(git.clone({ url, path, credentials }))).toMatchObject({
        _tag: "GitAlreadyExists",
        what: "repository"
      })
      expect(yield* Effect.flip(git.commit(path, { message: "m", author }))).toMatchObject({
        _tag: "GitNothingToCommit"
      })
      expect(yield* Effect.flip(git.checkout(path, { branch: "none" }))).toMatchObject({
        _tag: "GitNotFound",
        what: "reference"
      })
      yield* git.createBranch(path, { name: "b" })
      expect(yield* Effect.flip(git.createBranch(path, { name: "b" }))).toMatchObject({
        _tag: "GitAlreadyExists",
        what: "branch"
      })
      yield* git.checkout(path, { branch: "main" })
      yield* git.deleteBranch(path, { name: "b" })
      yield* git.deleteBranch(path, { name: "b" })
      yield* write(join(work, path), "README.md", "in the way\n")
      // The change goes along.
      yield* git.createBranch(path, { name: "c" })
      yield* git.checkout(path, { branch: "main" })
      yield* git.add(path)
      yield* git.commit(path, { message: "mine", author })
      yield* pushFromElsewhere(seed)
      expect(yield* Effect.flip(git.push(path, { credentials }))).toMatchObject({
        _tag: "GitPushRejected",
        reason: "diverged"
      })
      expect((yield* Effect.flip(git.pull(path, { credentials })))._tag).toBe("GitMergeConflict")
    }).pipe(Effect.scoped, Effect.provide(sandbox(generation)))
  )

  it.live("supports newer options and operations, or reports that it does not", () =>
    Effect.gen(function* () {
      const git = yield* Git
      const { url } = yield* origin
      const path = "repository"
      const shallow = git.clone({ url, path, credentials, depth: 1 })
      if (generation === "0.190") {
        expect(yield* Effect.flip(shallow)).toMatchObject({ _tag: "UnsupportedByDaemon", field: "depth" })
        expect(yield* Effect.flip(git.init(path))).toMatchObject({ _tag: "UnexpectedStatus", status: 404 })
        return
      }
      yield* shallow
      expect(yield* git.history(path)).toHaveLength(1)
      yield* git.configureUser({ ...author, scope: "local", path })
      expect(yield* git.getConfig("user.name", { scope: "local", path })).toEqual(Option.some("Ada"))
      expect(yield* git.getConfig("user.nickname")).toEqual(Option.none())
      yield* git.addRemote(path, { name: "another", url: "https://example.com/a.git" })
      expect(yield* git.remote(path, { name: "another" })).toEqual(
        Option.some({ name: "another", url: "https://example.com/a.git" })
      )
      expect((yield* git.remotes(path)).map(({ name }) => name)).toEqual(["another", "origin"])
      yield* git.dangerouslyStoreCredentials({
        ...credentials,
        host: new URL(url).host,
        protocol: "http"
      })
      yield* git.pull(path, { remote: "origin", branch: "main" })
      yield* git.init("empty", { initialBranch: "trunk" })
      expect(yield* Effect.flip(git.history("empty"))).toMatchObject({ _tag: "GitNotFound", what: "reference" })
    }).pipe(Effect.scoped, Effect.provide(sandbox(generation)))
  )
})
