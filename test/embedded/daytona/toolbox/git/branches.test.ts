import { rename } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { at, verdict } from "../../support.js"
import { toolbox } from "../machineSupport.js"
import { cloned, git, write } from "./support.js"

const author = { author: "Grace", email: "grace@example.com" }

describe("git status", () => {
  const changed = (generation: "0.190" | "current") =>
    Effect.gen(function* () {
      const box = yield* cloned({ generation, branch: "main" })
      const { at: directory, path, post } = box
      yield* write(directory, "keep.txt", "some lines\nthat make\na rename plain\n")
      yield* post("/git/add", { path, files: ["keep.txt"] })
      yield* post("/git/commit", { path, message: "m", ...author })
      yield* Effect.promise(() => rename(join(directory, "keep.txt"), join(directory, "kept.txt")))
      yield* write(directory, "added.txt", "a")
      yield* post("/git/add", { path, files: ["."] })
      yield* write(directory, "README.md", "changed\n")
      yield* write(directory, "new file", "n")
      return yield* box.get("/git/status", { path })
    })

  it.live("names each change, and the previous name of a renamed file", () =>
    Effect.gen(function* () {
      const { json } = yield* changed("current")
      expect(json).toEqual({
        currentBranch: "main",
        fileStatus: expect.arrayContaining([
          { name: "README.md", extra: "", staging: "Unmodified", worktree: "Modified" },
          { name: "added.txt", extra: "", staging: "Added", worktree: "Unmodified" },
          { name: "kept.txt", extra: "keep.txt", staging: "Renamed", worktree: "Unmodified" },
          { name: "new file", extra: "", staging: "Untracked", worktree: "Untracked" }
        ]),
        branchPublished: true,
        ahead: 1,
        behind: 0,
        detached: false,
        upstream: "origin/main"
      })
      expect(at(json, "fileStatus")).toHaveLength(4)
    }).pipe(Effect.scoped)
  )

  it.live("has no renames and no name of the upstream in the old generation", () =>
    Effect.gen(function* () {
      const { json } = yield* changed("0.190")
      expect(Object.keys(json ?? {})).toEqual(["currentBranch", "fileStatus", "branchPublished", "ahead", "behind"])
      expect(at(json, "fileStatus")).toEqual(
        expect.arrayContaining([
          { name: "keep.txt", extra: "", staging: "Deleted", worktree: "Unmodified" },
          { name: "kept.txt", extra: "", staging: "Added", worktree: "Unmodified" }
        ])
      )
    }).pipe(Effect.scoped)
  )

  it.live("requires a path, and a repository with commits", () =>
    Effect.gen(function* () {
      const { get, post } = yield* toolbox()
      expect(verdict(yield* get("/git/status"))).toEqual([400, "bad request: path is required"])
      expect((yield* post("/git/init", { path: "empty" })).status).toBe(201)
      for (const operation of ["status", "history"]) {
        expect(verdict(yield* get(`/git/${operation}`, { path: "empty" }))).toEqual([
          404,
          "not found: reference not found"
        ])
      }
    }).pipe(Effect.scoped)
  )
})

describe("git branches", () => {
  it.live("creates a branch and checks it out, and deletes unconditionally", () =>
    Effect.gen(function* () {
      const { del, get, path, post } = yield* cloned()
      const created = yield* post("/git/branches", { path, name: "topic/one" })
      expect([created.status, created.text]).toEqual([201, ""])
      expect((yield* get("/git/branches", { path })).json).toEqual({
        branches: ["main", "topic/one"],
        current: "topic/one"
      })
      for (const name of ["topic/one", "never-was"]) {
        const answer = yield* del("/git/branches", { path, name })
        expect([answer.status, answer.text]).toEqual([204, ""])
      }
      expect(at((yield* get("/git/branches", { path })).json, "branches")).toEqual(["main"])
    }).pipe(Effect.scoped)
  )

  it.live("reports existing and missing branches as each generation does", () =>
    Effect.gen(function* () {
      const old = yield* cloned({ generation: "0.190" })
      expect((yield* old.post("/git/branches", { path: old.path, name: "main" })).status).toBe(500)
      yield* old.del("/git/branches", { path: old.path, name: "main" })
      expect((yield* old.get("/git/branches", { path: old.path })).json).toEqual({ branches: null })
      expect((yield* old.post("/git/init", { path: "x" })).status).toBe(404)

      const newer = yield* cloned()
      const exists = yield* newer.post("/git/branches", { path: newer.path, name: "main" })
      expect([exists.status, at(exists.json, "code")]).toEqual([409, "GIT_BRANCH_EXISTS"])
    }).pipe(Effect.scoped)
  )

  it.live("checks out branches and full hashes, and moves HEAD before it refuses changes", () =>
    Effect.gen(function* () {
      const { at: directory, first, get, path, post } = yield* cloned()
      yield* post("/git/branches", { path, name: "topic" })
      expect((yield* post("/git/checkout", { path, branch: "main" })).status).toBe(200)
      expect(at((yield* get("/git/status", { path })).json, "currentBranch")).toBe("main")
      expect((yield* post("/git/checkout", { path, branch: first })).status).toBe(200)
      expect(at((yield* get("/git/branches", { path })).json, "current")).toBe("")
      for (const branch of ["nope", first.slice(0, 8), "0".repeat(40), "--detach"]) {
        const answer = yield* post("/git/checkout", { path, branch })
        expect([answer.status, at(answer.json, "code")]).toEqual([404, "GIT_BRANCH_NOT_FOUND"])
      }
      yield* write(directory, "README.md", "changed\n")
      const dirty = yield* post("/git/checkout", { path, branch: "topic" })
      expect(verdict(dirty)).toEqual([409, "conflict: worktree contains unstaged changes"])
      expect(at(dirty.json, "code")).toBe("GIT_DIRTY_WORKTREE")
      expect(yield* git(directory, "symbolic-ref", "HEAD")).toBe("refs/heads/topic")
    }).pipe(Effect.scoped)
  )
})
