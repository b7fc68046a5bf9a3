import { existsSync, readFileSync } from "node:fs"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import { at, verdict } from "../../support.js"
import { toolbox } from "../machineSupport.js"
import { git, write } from "./support.js"

/** A repository with two commits of `a.txt`: "one" and "two". */
const repository = Effect.gen(function* () {
  const box = yield* toolbox()
  const path = "repo"
  const directory = join(box.machine.workDir, path)
  expect((yield* box.post("/git/init", { path, initial_branch: "trunk" })).status).toBe(201)
  const hashes: Array<string> = []
  for (const text of ["one", "two"]) {
    yield* write(directory, "a.txt", text)
    yield* box.post("/git/add", { path, files: ["a.txt"] })
    yield* box.post("/git/commit", { path, message: text, author: "A", email: "a@b.c" })
    hashes.push(yield* git(directory, "rev-parse", "HEAD"))
  }
  const [first = "", second = ""] = hashes
  return { ...box, path, directory, first, second, file: () => readFileSync(join(directory, "a.txt"), "utf8") }
})

describe("git init", () => {
  it.live("creates repositories with and without a working tree, but not twice", () =>
    Effect.gen(function* () {
      const { get, machine, path, post } = yield* repository
      expect(at((yield* get("/git/branches", { path })).json, "current")).toBe("trunk")
      expect(verdict(yield* post("/git/init", { path }))).toEqual([409, "conflict: repository already exists"])
      expect((yield* post("/git/init", { path: "deep/bare", bare: true })).status).toBe(201)
      expect(existsSync(join(machine.workDir, "deep/bare/HEAD"))).toBe(true)
      expect((yield* get("/git/branches", { path: "deep/bare" })).json).toEqual({ branches: [], current: "master" })
      expect((yield* post("/git/init", { path: "../../../../elsewhere" })).status).toBe(403)
    }).pipe(Effect.scoped)
  )
})

describe("git reset", () => {
  it.live("moves the branch, and the index and files according to the mode", () =>
    Effect.gen(function* () {
      const { directory, file, first, path, post, second } = yield* repository
      expect((yield* post("/git/reset", { path, mode: "soft", target: first })).status).toBe(200)
      expect(yield* git(directory, "diff", "--cached", "--name-only")).toBe("a.txt")
      expect((yield* post("/git/reset", { path })).status).toBe(200)
      expect(yield* git(directory, "diff", "--name-only")).toBe("a.txt")
      expect((yield* post("/git/reset", { path, mode: "hard" })).status).toBe(200)
      expect(file()).toBe("one")
      expect((yield* post("/git/reset", { path, mode: "keep", target: second })).status).toBe(200)
      expect(file()).toBe("two")
      expect((yield* post("/git/reset", { path, mode: "merge", target: "HEAD~1" })).status).toBe(200)
      expect(yield* git(directory, "rev-parse", "HEAD")).toBe(first)
    }).pipe(Effect.scoped)
  )

  it.live("is limited to some files where possible", () =>
    Effect.gen(function* () {
      const { directory, file, first, path, post, second } = yield* repository
      yield* write(directory, "a.txt", "three")
      yield* post("/git/add", { path, files: ["a.txt"] })
      expect((yield* post("/git/reset", { path, files: ["a.txt"] })).status).toBe(200)
      expect(yield* git(directory, "diff", "--cached", "--name-only")).toBe("")
      expect((yield* post("/git/reset", { path, mode: "hard", target: first, files: ["a.txt"] })).status).toBe(200)
      expect(file()).toBe("one")
      expect(yield* git(directory, "rev-parse", "HEAD")).toBe(second)
      expect((yield* post("/git/reset", { path, mode: "soft", files: ["a.txt"] })).status).toBe(400)
    }).pipe(Effect.scoped)
  )

  it.live("refuses unknown modes and revisions", () =>
    Effect.gen(function* () {
      const { directory, first, path, post } = yield* repository
      expect((yield* post("/git/reset", { path, mode: "wild" })).status).toBe(400)
      for (const target of ["nope", "--hard", "HEAD~9"]) {
        expect((yield* post("/git/reset", { path, target })).status).toBe(404)
      }
      yield* write(directory, "a.txt", "three")
      const kept = yield* post("/git/reset", { path, mode: "keep", target: first })
      expect([kept.status, at(kept.json, "code")]).toEqual([409, "GIT_DIRTY_WORKTREE"])
    }).pipe(Effect.scoped)
  )
})

describe("git restore", () => {
  it.live("restores files from the index or from a revision", () =>
    Effect.gen(function* () {
      const { directory, file, first, path, post } = yield* repository
      yield* write(directory, "a.txt", "changed")
      expect((yield* post("/git/restore", { path, files: ["a.txt"] })).status).toBe(200)
      expect(file()).toBe("two")
      yield* write(directory, "a.txt", "staged")
      yield* post("/git/add", { path, files: ["."] })
      expect((yield* post("/git/restore", { path, files: ["a.txt"], staged: true })).status).toBe(200)
      expect([file(), yield* git(directory, "diff", "--cached", "--name-only")]).toEqual(["staged", ""])
      const both = { path, files: ["a.txt"], staged: true, worktree: true, source: first }
      expect((yield* post("/git/restore", both)).status).toBe(200)
      expect([file(), yield* git(directory, "diff", "--cached", "--name-only")]).toEqual(["one", "a.txt"])
    }).pipe(Effect.scoped)
  )

  it.live("requires files and a target", () =>
    Effect.gen(function* () {
      const { path, post } = yield* repository
      for (const body of [{ files: [] }, { files: ["a.txt"], staged: false, worktree: false }, {}]) {
        expect((yield* post("/git/restore", { path, ...body })).status).toBe(400)
      }
      expect((yield* post("/git/restore", { path, files: ["nope.txt"] })).status).toBe(500)
      expect((yield* post("/git/restore", { path, files: ["a.txt"], source: "nope" })).status).toBe(404)
    }).pipe(Effect.scoped)
  )
})

describe("git config", () => {
  it.live("stores a value per scope, all inside the machine", () =>
    Effect.gen(function* () {
      const { get, machine, path, post } = yield* repository
      const key = "remote.a.b.puSh-x"
      expect((yield* get("/git/config", { key })).json).toEqual({ value: null })
      for (const [scope, value] of [
        ["system", "s"],
        ["global", "two words\nand a line"],
        ["local", "-l"]
      ] as const) {
        expect((yield* post("/git/config", { key, value, scope, path })).status).toBe(200)
        expect((yield* get("/git/config", { key, scope, path })).json).toEqual({ value })
      }
      expect((yield* get("/git/config", { key })).json).toEqual({ value: "two words\nand a line" })
      expect(readFileSync(join(machine.root, "etc/gitconfig"), "utf8")).toContain("= s")
      expect((yield* post("/git/config/user", { name: "Ada", email: "ada@example.com" })).status).toBe(200)
      expect(readFileSync(join(machine.home, ".gitconfig"), "utf8")).toContain("name = Ada")
    }).pipe(Effect.scoped)
  )

  it.live("refuses invalid scopes and keys", () =>
    Effect.gen(function* () {
      const { get, post } = yield* toolbox()
      for (const body of [
        { key: "user.name", value: "x", scope: "local" },
        { key: "user.name", value: "x", scope: "worktree" },
        { key: "user", value: "x" },
        { key: "--global", value: "x" },
        { key: "user.name" }
      ]) {
        expect((yield* post("/git/config", body)).status).toBe(400)
      }
      expect((yield* get("/git/config")).status).toBe(400)
      expect((yield* post("/git/config", { key: "a.b", value: "x", scope: "local", path: "nowhere" })).status).toBe(404)
    }).pipe(Effect.scoped)
  )

  it.live("does not exist in the old generation", () =>
    Effect.gen(function* () {
      const { get } = yield* toolbox({ generation: "0.190" })
      const answer = yield* get("/git/config", { key: "a.b" })
      expect([answer.status, answer.text]).toEqual([404, "404 page not found"])
    }).pipe(Effect.scoped)
  )
})

describe("a git operation whose client disconnects", () => {
  it.live("completes", () =>
    Effect.gen(function* () {
      const { directory, machine, path, post } = yield* repository
      const origin = join(machine.root, "origin.git")
      yield* git(machine.root, "init", "--quiet", "--bare", origin)
      yield* git(directory, "remote", "add", "origin", origin)
      // The hook reports that it has started, and then waits for a file.
      const begun = join(machine.root, "begun")
      const goOn = join(machine.root, "go-on")
      const hook = `#!/bin/sh\ntouch ${begun}\nwhile [ ! -e ${goOn} ]; do sleep 0.02; done\n`
      yield* Effect.promise(() => writeFile(join(origin, "hooks/pre-receive"), hook, { mode: 0o755 }))
      const fiber = yield* Effect.fork(post("/git/push", { path }))
      yield* until(Effect.sync(() => existsSync(begun)))
      yield* Fiber.interrupt(fiber)
      yield* Effect.promise(() => writeFile(goOn, ""))
      yield* until(Effect.map(git(origin, "for-each-ref"), (references) => references.includes("refs/heads/trunk")))
    }).pipe(Effect.scoped)
  )
})

/** Waits for a condition, five seconds at most. */
const until = (condition: Effect.Effect<boolean>) =>
  Effect.repeat(condition, { until: (holds) => holds, schedule: Schedule.spaced("20 millis") }).pipe(
    Effect.timeout("5 seconds")
  )
