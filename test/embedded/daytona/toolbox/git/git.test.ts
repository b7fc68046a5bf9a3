import { existsSync, readFileSync } from "node:fs"
import { mkdir, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { at, verdict } from "../../support.js"
import { toolbox } from "../machineSupport.js"
import { cloned, git, origin, pushFromElsewhere, write } from "./support.js"

const author = { author: "Grace", email: "grace@example.com" }

describe("git clone", () => {
  it.live("creates the parents, checks out the default branch and responds without a body", () =>
    Effect.gen(function* () {
      const { at: directory, bare } = yield* cloned()
      expect(readFileSync(join(directory, "README.md"), "utf8")).toBe("hello\n")
      expect(yield* git(directory, "remote", "get-url", "origin")).toBe(bare)
    }).pipe(Effect.scoped)
  )

  it.live("clones only the requested branch", () =>
    Effect.gen(function* () {
      const box = yield* toolbox()
      const { bare, seed } = yield* origin(box)
      yield* git(seed, "checkout", "--quiet", "-b", "topic")
      yield* pushFromElsewhere(seed, "topic.txt", "t")
      expect((yield* box.post("/git/clone", { url: `file://${bare}`, path: "r", branch: "topic" })).status).toBe(200)
      const directory = join(box.machine.workDir, "r")
      expect(yield* git(directory, "for-each-ref", "--format=%(refname:short)", "refs/remotes")).toBe("origin/topic")
    }).pipe(Effect.scoped)
  )

  it.live("detaches HEAD at a commit", () =>
    Effect.gen(function* () {
      const box = yield* toolbox()
      const { bare, first, seed } = yield* origin(box)
      yield* pushFromElsewhere(seed, "second.txt", "2")
      expect((yield* box.post("/git/clone", { url: bare, path: "r", commit_id: first })).status).toBe(200)
      const { json } = yield* box.get("/git/status", { path: "r" })
      expect(json).toMatchObject({ currentBranch: "HEAD", detached: true })
      expect(yield* git(join(box.machine.workDir, "r"), "rev-parse", "HEAD")).toBe(first)
    }).pipe(Effect.scoped)
  )

  it.live("resolves a relative path against the working directory", () =>
    Effect.gen(function* () {
      const box = yield* toolbox()
      yield* origin(box)
      expect((yield* box.post("/git/clone", { url: "../../origin.git", path: "a/b/c" })).status).toBe(200)
    }).pipe(Effect.scoped)
  )

  it.live("truncates the history to a depth", () =>
    Effect.gen(function* () {
      const box = yield* toolbox()
      const { bare, seed } = yield* origin(box)
      yield* pushFromElsewhere(seed, "second.txt", "2")
      yield* box.post("/git/clone", { url: bare, path: "r", depth: 1 })
      expect((yield* box.get("/git/history", { path: "r" })).json).toHaveLength(1)
    }).pipe(Effect.scoped)
  )

  it.live("clones into a directory that is not empty", () =>
    Effect.gen(function* () {
      const box = yield* toolbox()
      const { bare } = yield* origin(box)
      yield* Effect.promise(() => mkdir(join(box.machine.workDir, "r")))
      yield* write(join(box.machine.workDir, "r"), "mine.txt", "mine")
      expect((yield* box.post("/git/clone", { url: bare, path: "r" })).status).toBe(200)
      const { json } = yield* box.get("/git/status", { path: "r" })
      expect(at(json, "fileStatus")).toEqual([
        { name: "mine.txt", extra: "", staging: "Untracked", worktree: "Untracked" }
      ])
    }).pipe(Effect.scoped)
  )

  for (const generation of ["0.190", "current"] as const) {
    it.live(`refuses an existing repository, a missing one, and an unknown branch (${generation})`, () =>
      Effect.gen(function* () {
        const { bare, machine, path, post } = yield* cloned({ generation })
        expect(verdict(yield* post("/git/clone", { url: bare, path }))).toEqual([
          409,
          "conflict: repository already exists"
        ])
        const missing = yield* post("/git/clone", { url: `${bare}-not`, path: "a" })
        expect(verdict(missing)).toEqual([404, "not found: repository not found"])
        expect(at(missing.json, "code")).toBe(generation === "current" ? "GIT_REPO_NOT_FOUND" : "NOT_FOUND")
        const branch = yield* post("/git/clone", { url: bare, path: "b", branch: "nope" })
        expect(verdict(branch)).toEqual(
          generation === "current"
            ? [404, "not found: reference not found"]
            : [500, 'couldn\'t find remote ref "refs/heads/nope"']
        )
        expect(["a", "b"].filter((name) => existsSync(join(machine.workDir, name)))).toEqual([])
        expect(verdict(yield* post("/git/clone", { path: "b" }))[0]).toBe(400)
        expect(verdict(yield* post("/git/clone", { url: bare, path: "/etc/elsewhere" }))[0]).toBe(403)
      }).pipe(Effect.scoped)
    )
  }

  it.live("refuses an empty repository", () =>
    Effect.gen(function* () {
      const { machine, post } = yield* toolbox()
      yield* git(machine.root, "init", "--quiet", "--bare", "empty.git")
      const answer = yield* post("/git/clone", { url: join(machine.root, "empty.git"), path: "r" })
      expect(verdict(answer)).toEqual([404, "not found: remote repository is empty"])
      expect(existsSync(join(machine.workDir, "r", ".git"))).toBe(false)
    }).pipe(Effect.scoped)
  )

  it.live("neither runs hooks nor reads the configuration of this computer's user", () =>
    Effect.gen(function* () {
      const { at: directory, path, post } = yield* cloned({ env: { GIT_AUTHOR_NAME: "Mallory", GIT_DIR: "/nowhere" } })
      const hook = join(directory, ".git/hooks/pre-commit")
      yield* Effect.promise(() => writeFile(hook, "#!/bin/sh\nexit 1\n", { mode: 0o755 }))
      const answer = yield* post("/git/commit", { path, message: "m", ...author, allow_empty: true })
      expect(answer.status).toBe(200)
      expect(yield* git(directory, "log", "-1", "--format=%an %cn")).toBe("Grace Grace")
    }).pipe(Effect.scoped)
  )
})

describe("git add and commit", () => {
  it.live("stages everything, including deletions, and commits with the given author and message", () =>
    Effect.gen(function* () {
      const { at: directory, first, get, path, post } = yield* cloned()
      yield* write(directory, "-odd name\u00e9.txt", "x")
      yield* Effect.promise(() => rm(join(directory, "README.md")))
      expect((yield* post("/git/add", { path, files: ["."] })).status).toBe(200)
      const message = "subject  \n\n# not a comment\n"
      const { json, status } = yield* post("/git/commit", { path, message, ...author })
      expect(status).toBe(200)
      const hash = yield* git(directory, "rev-parse", "HEAD")
      expect(json).toEqual({ hash })
      const history = yield* get("/git/history", { path })
      expect(history.json).toMatchObject([
        { hash, author: "Grace", email: "grace@example.com", message },
        {
          hash: first,
          author: "Ada",
          email: "ada@example.com",
          message: "first\n",
          timestamp: "2026-01-02T03:04:05Z"
        }
      ])
      expect(yield* git(directory, "status", "--porcelain")).toBe("")
    }).pipe(Effect.scoped)
  )

  for (const generation of ["0.190", "current"] as const) {
    it.live(`makes an empty commit only if allowed (${generation})`, () =>
      Effect.gen(function* () {
        const { at: directory, path, post } = yield* cloned({ generation })
        yield* write(directory, "new.txt", "untracked")
        const refused = yield* post("/git/commit", { path, message: "m", ...author })
        expect(verdict(refused)).toEqual([500, "cannot create empty commit: clean working tree"])
        expect((yield* post("/git/commit", { path, message: "m", ...author, allow_empty: true })).status).toBe(200)
      }).pipe(Effect.scoped)
    )
  }

  it.live("refuses missing fields and what is not a repository", () =>
    Effect.gen(function* () {
      const { machine, path, post } = yield* cloned()
      const noName = yield* post("/git/commit", { path, message: "m", author: "", email: "e" })
      expect(at(noName.json, "code")).toBe("INVALID_REQUEST_BODY")
      expect(verdict(yield* post("/git/add", "{"))[0]).toBe(400)
      yield* Effect.promise(() => mkdir(join(machine.workDir, "work/plain")))
      // Its parent has repositories in it, and might be one.
      yield* git(join(machine.workDir, "work"), "init", "--quiet")
      for (const directory of ["work/plain", "nowhere"]) {
        const answer = yield* post("/git/add", { path: directory, files: ["."] })
        expect(verdict(answer)).toEqual([404, "not found: repository does not exist"])
        expect(at(answer.json, "code")).toBe("GIT_REPO_NOT_FOUND")
      }
      expect((yield* post("/git/add", { path, files: ["nope.txt"] })).status).toBe(500)
      expect((yield* post("/git/add", { path, files: ["a\0b"] })).status).toBe(500)
    }).pipe(Effect.scoped)
  )
})
