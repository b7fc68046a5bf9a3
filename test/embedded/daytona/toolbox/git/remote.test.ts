import { readFileSync } from "node:fs"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { at, verdict } from "../../support.js"
import { toolbox } from "../machineSupport.js"
import { serve } from "./server.js"
import { git, origin, pushFromElsewhere, write } from "./support.js"

type Generation = "0.190" | "current"

const generations = ["0.190", "current"] as const

const cloned = (generation: Generation = "current") =>
  Effect.gen(function* () {
    const box = yield* toolbox({ generation })
    const source = yield* origin(box)
    const path = "repo"
    // Without a branch, the older daemon would know nothing about the branches of the remote.
    expect((yield* box.post("/git/clone", { url: source.bare, path, branch: "main" })).status).toBe(200)
    const directory = join(box.machine.workDir, path)
    const commit = (name: string, text: string) =>
      Effect.gen(function* () {
        yield* write(directory, name, text)
        yield* box.post("/git/add", { path, files: ["."] })
        const { json } = yield* box.post("/git/commit", { path, message: name, author: "A", email: "a@b.c" })
        return at(json, "hash")
      })
    return { ...box, ...source, path, directory, commit }
  })

describe("git push and pull", () => {
  for (const generation of generations) {
    it.live(`moves the branch of the same name, and succeeds if there is nothing to move (${generation})`, () =>
      Effect.gen(function* () {
        const { bare, commit, get, path, post } = yield* cloned(generation)
        const hash = yield* commit("mine.txt", "m")
        for (let round = 0; round < 2; round++) {
          const pushed = yield* post("/git/push", { path })
          expect([pushed.status, pushed.text]).toEqual([200, ""])
        }
        expect(yield* git(bare, "rev-parse", "main")).toBe(hash)
        expect((yield* get("/git/status", { path })).json).toMatchObject({ ahead: 0, branchPublished: true })
      }).pipe(Effect.scoped)
    )

    it.live(`only fast-forwards: diverged branches conflict in both directions (${generation})`, () =>
      Effect.gen(function* () {
        const { commit, get, path, post, seed } = yield* cloned(generation)
        yield* pushFromElsewhere(seed, "theirs.txt", "t")
        const hash = yield* commit("mine.txt", "m")
        const pushed = yield* post("/git/push", { path })
        expect(verdict(pushed)).toEqual(
          generation === "current" ? [409, "conflict: non-fast-forward update"] : [500, "non-fast-forward update"]
        )
        expect(at(pushed.json, "code")).toBe(generation === "current" ? "GIT_PUSH_REJECTED" : "INTERNAL_SERVER_ERROR")
        const pulled = yield* post("/git/pull", { path })
        expect(verdict(pulled)).toEqual([409, "conflict: non-fast-forward update"])
        expect(at((yield* get("/git/history", { path })).json, 0, "hash")).toBe(hash)
        expect((yield* get("/git/status", { path })).json).toMatchObject({ ahead: 1, behind: 1 })
      }).pipe(Effect.scoped)
    )
  }

  it.live("pulls what others pushed, and moves HEAD before it refuses changes", () =>
    Effect.gen(function* () {
      const { directory, path, post, seed } = yield* cloned()
      const theirs = yield* pushFromElsewhere(seed, "theirs.txt", "t")
      for (let round = 0; round < 2; round++) expect((yield* post("/git/pull", { path })).status).toBe(200)
      expect(yield* git(directory, "rev-parse", "HEAD")).toBe(theirs)
      expect(readFileSync(join(directory, "theirs.txt"), "utf8")).toBe("t")

      yield* write(directory, "README.md", "changed\n")
      expect((yield* post("/git/pull", { path })).status).toBe(200)
      const more = yield* pushFromElsewhere(seed, "more.txt", "m")
      const dirty = yield* post("/git/pull", { path })
      expect([dirty.status, at(dirty.json, "code")]).toEqual([409, "GIT_DIRTY_WORKTREE"])
      expect(yield* git(directory, "rev-parse", "HEAD")).toBe(more)
    }).pipe(Effect.scoped)
  )

  it.live("supports another branch, another remote and setting the upstream in the newer generation only", () =>
    Effect.gen(function* () {
      const { bare, commit, directory, get, machine, path, post } = yield* cloned()
      yield* git(machine.root, "clone", "--quiet", "--bare", bare, "backup.git")
      const backup = join(machine.root, "backup.git")
      expect((yield* post("/git/remotes", { path, name: "backup", url: backup })).status).toBe(201)
      yield* post("/git/branches", { path, name: "topic" })
      const hash = yield* commit("topic.txt", "t")
      yield* post("/git/checkout", { path, branch: "main" })
      const wanted = { path, branch: "topic", remote: "backup", set_upstream: true }
      expect((yield* post("/git/push", wanted)).status).toBe(200)
      expect(yield* git(backup, "rev-parse", "topic")).toBe(hash)
      expect((yield* post("/git/pull", { path, branch: "topic", remote: "backup" })).status).toBe(200)
      expect(yield* git(directory, "rev-parse", "main")).toBe(hash)
      yield* post("/git/checkout", { path, branch: "topic" })
      expect(at((yield* get("/git/status", { path })).json, "upstream")).toBe("backup/topic")

      const old = yield* cloned("0.190")
      yield* old.commit("mine.txt", "m")
      expect((yield* old.post("/git/push", { path: old.path, branch: "other", remote: "nope" })).status).toBe(200)
    }).pipe(Effect.scoped)
  )

  it.live("fails for an unknown remote or branch", () =>
    Effect.gen(function* () {
      const { directory, path, post } = yield* cloned()
      expect(verdict(yield* post("/git/push", { path, remote: "nope" }))).toEqual([404, "not found: remote not found"])
      expect(verdict(yield* post("/git/push", { path, branch: "nope" }))[0]).toBe(404)
      const pulled = yield* post("/git/pull", { path, branch: "nope" })
      expect([pulled.status, at(pulled.json, "code")]).toEqual([404, "GIT_BRANCH_NOT_FOUND"])
      yield* git(directory, "checkout", "--quiet", "--detach")
      expect(verdict(yield* post("/git/push", { path }))).toEqual([404, "not found: reference not found"])
      yield* post("/git/init", { path: "empty" })
      expect((yield* post("/git/push", { path: "empty" })).status).toBe(404)
    }).pipe(Effect.scoped)
  )

  for (const generation of generations) {
    it.live(`reports that the remote refused or does not exist (${generation})`, () =>
      Effect.gen(function* () {
        const { bare, commit, directory, path, post } = yield* cloned(generation)
        const hook = join(bare, "hooks/pre-receive")
        yield* Effect.promise(() => writeFile(hook, "#!/bin/sh\necho not today >&2\nexit 1\n", { mode: 0o755 }))
        yield* commit("mine.txt", "m")
        const refused = yield* post("/git/push", { path })
        expect([refused.status, at(refused.json, "code")]).toEqual(
          generation === "current" ? [422, "GIT_REMOTE_REJECTED"] : [500, "INTERNAL_SERVER_ERROR"]
        )
        expect(at(refused.json, "message")).toContain("not today")
        // Nothing listens on the port for "discard".
        yield* git(directory, "remote", "set-url", "origin", "http://127.0.0.1:9/x.git")
        const nobody = yield* post("/git/pull", { path })
        expect([nobody.status, at(nobody.json, "code")]).toEqual(
          generation === "current" ? [502, "GIT_TRANSPORT_FAILED"] : [500, "INTERNAL_SERVER_ERROR"]
        )
      }).pipe(Effect.scoped)
    )
  }
})

describe("git with credentials", () => {
  const secret = { username: "ada", password: "s3cr3t-pässword" }
  const credentials = `${secret.username}:${secret.password}`

  for (const generation of generations) {
    it.live(`sends them when both are given, and does not store them (${generation})`, () =>
      Effect.gen(function* () {
        const box = yield* toolbox({ generation })
        yield* origin(box)
        const server = yield* serve({ directory: box.machine.root, credentials })
        const url = `${server.url}/origin.git`
        for (const given of [{}, { username: "ada" }, { password: "x" }, { ...secret, password: "wrong" }]) {
          const answer = yield* box.post("/git/clone", { url, path: "r", ...given })
          expect(verdict(answer)).toEqual([401, "unauthorized: authentication required"])
          expect(at(answer.json, "code")).toBe(generation === "current" ? "GIT_AUTH_FAILED" : "UNAUTHORIZED")
        }
        expect((yield* box.post("/git/clone", { url, path: "r", ...secret })).status).toBe(200)
        const settings = readFileSync(join(box.machine.workDir, "r/.git/config"), "utf8")
        expect(settings).toContain(url)
        expect(settings).not.toContain(secret.password)

        const author = { author: "A", email: "a@b.c", message: "m", allow_empty: true }
        yield* box.post("/git/commit", { path: "r", ...author })
        expect((yield* box.post("/git/push", { path: "r" })).status).toBe(401)
        expect((yield* box.post("/git/push", { path: "r", ...secret })).status).toBe(200)
        expect((yield* box.post("/git/pull", { path: "r", ...secret })).status).toBe(200)
        const missing = yield* box.post("/git/clone", { url: `${server.url}/nope.git`, path: "n", ...secret })
        expect(missing.status).toBe(404)
      }).pipe(Effect.scoped)
    )
  }

  it.live("distinguishes forbidden from unauthenticated", () =>
    Effect.gen(function* () {
      const box = yield* toolbox()
      yield* origin(box)
      const server = yield* serve({ directory: box.machine.root, credentials, otherwise: 403 })
      const answer = yield* box.post("/git/clone", { url: `${server.url}/origin.git`, path: "r" })
      expect(verdict(answer)).toEqual([403, "forbidden: authorization failed"])
    }).pipe(Effect.scoped)
  )

  it.live("uses stored ones for their host only", () =>
    Effect.gen(function* () {
      const box = yield* toolbox()
      yield* origin(box)
      const server = yield* serve({ directory: box.machine.root, credentials })
      const host = new URL(server.url).host
      const wanted = { url: `${server.url}/origin.git`, path: "r" }
      expect((yield* box.post("/git/credentials", { ...secret, host: "127.0.0.1:1", protocol: "http" })).status).toBe(
        200
      )
      expect((yield* box.post("/git/clone", wanted)).status).toBe(401)
      expect((yield* box.post("/git/credentials", { ...secret, host, protocol: "http" })).status).toBe(200)
      expect((yield* box.post("/git/clone", wanted)).status).toBe(200)
      expect((yield* box.post("/git/credentials", secret)).status).toBe(200)
      const kept = readFileSync(join(box.machine.home, ".git-credentials"), "utf8")
      expect(kept).toContain("@github.com")
      expect((yield* box.post("/git/credentials", { ...secret, host: "a\nhost=b" })).status).toBe(400)
    }).pipe(Effect.scoped)
  )
})

describe("git remotes", () => {
  it.live("are added, replaced and fetched on request, and listed without passwords", () =>
    Effect.gen(function* () {
      const { bare, directory, get, path, post } = yield* cloned()
      const url = "https://ada:pw@example.com/x.git"
      expect((yield* post("/git/remotes", { path, name: "up", url })).status).toBe(201)
      expect(verdict(yield* post("/git/remotes", { path, name: "up", url }))[0]).toBe(409)
      expect((yield* get("/git/remotes", { path })).json).toEqual({
        remotes: [
          { name: "origin", url: bare },
          { name: "up", url: "https://ada@example.com/x.git" }
        ]
      })
      const replaced = yield* post("/git/remotes", { path, name: "up", url: bare, overwrite: true, fetch: true })
      expect(replaced.status).toBe(201)
      expect(yield* git(directory, "for-each-ref", "--format=%(refname)", "refs/remotes/up")).toBe(
        "refs/remotes/up/main"
      )
      yield* post("/git/init", { path: "fresh" })
      expect((yield* get("/git/remotes", { path: "fresh" })).json).toEqual({ remotes: [] })
    }).pipe(Effect.scoped)
  )
})
