/** What is put into a directory before a run: files, and repositories. */
import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as clone from "../../../src/claude-code/directory/clone.js"
import { localFiles } from "../../../src/claude-code/directory/localFiles.js"
import type { Machine } from "../../../src/claude-code/directory/Machine.js"
import { make } from "../../../src/claude-code/directory/make.js"
import { WorkDirectory } from "../../../src/claude-code/directory/WorkDirectory.js"
import { describeWithLayer } from "../../support/sharedLayer.js"
import { fresh, Parent, places } from "./places.js"

const allBytes = Uint8Array.from({ length: 256 }, (_, byte) => byte)

const git = (directory: string, script: string): string =>
  execFileSync("sh", ["-c", script], {
    cwd: directory,
    encoding: "utf8",
    env: {
      PATH: process.env["PATH"],
      HOME: directory,
      GIT_AUTHOR_NAME: "a",
      GIT_AUTHOR_EMAIL: "a@b",
      GIT_COMMITTER_NAME: "a",
      GIT_COMMITTER_EMAIL: "a@b"
    }
  }).trim()

const temporary = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "files-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

for (const [name, place] of places) {
  describeWithLayer(
    `a directory ${name}`,
    place,
    "30 seconds"
  )((it) => {
    it.effect("gets files with their contents and permissions, in directories that are made for them", () =>
      Effect.gen(function* () {
        const directory = yield* WorkDirectory
        const { path, workingDirectory } = yield* fresh
        yield* directory.put({}, { workingDirectory })
        expect(existsSync(path)).toBe(false)
        yield* directory.put(
          {
            "a.txt": "é\n",
            "deep/er/b.bin": allBytes,
            'it\'s $HOME `id` "x".txt': "odd",
            "-n": "",
            "~": "tilde",
            "bin/run": { content: "#!/bin/sh\n", executable: true }
          },
          { workingDirectory }
        )
        yield* directory.put({ "a.txt": "replaced" }, { workingDirectory })
        expect(readFileSync(join(path, "a.txt"), "utf8")).toBe("replaced")
        expect(Uint8Array.from(readFileSync(join(path, "deep/er/b.bin")))).toEqual(allBytes)
        expect(readFileSync(join(path, 'it\'s $HOME `id` "x".txt'), "utf8")).toBe("odd")
        expect(readFileSync(join(path, "-n"), "utf8")).toBe("")
        expect(readFileSync(join(path, "~"), "utf8")).toBe("tilde")
        expect(statSync(join(path, "bin/run")).mode & 0o100).toBe(0o100)
        expect(statSync(join(path, "a.txt")).mode & 0o100).toBe(0)
      })
    )

    it.effect("gets no file outside of it, and nothing that is no file", () =>
      Effect.gen(function* () {
        const directory = yield* WorkDirectory
        const { path, workingDirectory } = yield* fresh
        for (const wrong of ["../x", "/x", "", "a/../../x", "dir/", "nul\0"]) {
          const files = { ok: "ok", [wrong]: "x" }
          const refused = yield* Effect.flip(directory.put(files, { workingDirectory }))
          expect(refused).toMatchObject({ _tag: "InvalidRequest", field: `files.${wrong}`, admitted: "no" })
        }
        const refused = yield* Effect.flip(directory.put(JSON.parse('{ "a": 1 }'), { workingDirectory }))
        expect(refused).toMatchObject({ _tag: "InvalidRequest", field: "files.a" })
        expect(existsSync(path)).toBe(false)
      })
    )

    it.effect("says why a file cannot be written", () =>
      Effect.gen(function* () {
        const directory = yield* WorkDirectory
        const { workingDirectory } = yield* fresh
        yield* directory.put({ a: "a file" }, { workingDirectory })
        const failed = yield* Effect.flip(directory.put({ "a/b": "below a file" }, { workingDirectory }))
        expect(failed._tag).toMatch(/WorkDirectoryFailed|ClaudePlaceFailed/)
        expect(failed.message).toMatch(/WorkDirectory\.put .*(?:not a directory|File exists)/i)
      })
    )

    it.effect("gets a repository at a branch, a tag or a commit, and nothing when there is none", () =>
      Effect.gen(function* () {
        const directory = yield* WorkDirectory
        const { option, path: parent } = yield* Parent
        const source = yield* temporary
        git(
          source,
          `git init -q -b main .; for i in 1 2 3; do echo $i > f; git add f; git commit -qm $i; done; git tag v2 HEAD~1
           git checkout -q -b side HEAD~2; echo side > f; git commit -qam side; git checkout -q main; git config uploadpack.allowAnySHA1InWant true`
        )
        const commit = (ref: string) => git(source, `git rev-parse '${ref}^{commit}'`)
        let count = 0
        const cloned = (options: Omit<WorkDirectory.CloneOptions, "url" | "workingDirectory">) =>
          Effect.map(
            directory.clone({ url: `file://${source}`, workingDirectory: `${option}/c ${++count}`, ...options }),
            (result) => ({ ...result, f: readFileSync(join(parent, `c ${count}`, "f"), "utf8").trim() })
          )
        expect(yield* cloned({})).toEqual({ commit: commit("main"), f: "3" })
        expect(yield* cloned({ ref: "side" })).toEqual({ commit: commit("side"), f: "side" })
        expect(yield* cloned({ ref: "v2", depth: 1 })).toEqual({ commit: commit("v2"), f: "2" })
        expect(yield* cloned({ ref: commit("main~2") })).toEqual({ commit: commit("main~2"), f: "1" })
        expect(yield* cloned({ ref: commit("side"), depth: 1 })).toEqual({ commit: commit("side"), f: "side" })
        const missing = yield* Effect.flip(cloned({ ref: "nowhere" }))
        expect(missing._tag).toBe("WorkDirectoryFailed")
        expect(missing.message).toMatch(/could not be cloned: .*nowhere/s)
        expect(existsSync(join(parent, `c ${count}`))).toBe(false)
        const url = "file:///no/such/repository"
        expect((yield* Effect.flip(directory.clone({ url, workingDirectory: `${option}/none` })))._tag).toBe(
          "WorkDirectoryFailed"
        )
      }).pipe(Effect.scoped)
    )
  })
}

describe("a clone", () => {
  const refused = (options: WorkDirectory.CloneOptions) => clone.problemOf("WorkDirectory.clone", options)?.field

  it("keeps no secret, and takes no option for a name", () => {
    const url = "https://example.test/a.git"
    const token = Redacted.make("secret-token")
    expect(refused({ url, token })).toBeUndefined()
    expect(refused({ url: "git@example.test:a.git", ref: "feature/x-1" })).toBeUndefined()
    expect(refused({ url: "https://me:secret@example.test/a.git" })).toBe("url")
    expect(refused({ url: "--upload-pack=evil" })).toBe("url")
    expect(refused({ url: "http://example.test/a.git", token })).toBe("token")
    expect(refused({ url, username: "me" })).toBe("username")
    expect(refused({ url, ref: "--help" })).toBe("ref")
    expect(refused({ url, ref: "a b" })).toBe("ref")
    expect(refused({ url: "https://", token })).toBe("url")
    const script = clone.scriptOf({ url, token }, "app")
    expect(JSON.stringify(script)).not.toContain("secret")
    expect(script.args.join(" ")).not.toContain(Buffer.from("x-access-token:secret-token").toString("base64"))
  })

  it.scoped("sends its token to the one server, and nowhere else", () =>
    Effect.gen(function* () {
      const { environment = {} } = clone.scriptOf(
        { url: "https://example.test/a.git", token: Redacted.make("secret-token") },
        "app"
      )
      const env = Object.fromEntries(
        Object.entries(environment).map(([name, value]) => [
          name,
          Redacted.isRedacted(value) ? Redacted.value(value) : value
        ])
      )
      const home = yield* temporary
      const headersFor = (url: string) =>
        execFileSync("sh", ["-c", 'git config --get-urlmatch http.extraHeader "$1" || true', "sh", url], {
          encoding: "utf8",
          env: { PATH: process.env["PATH"], HOME: home, GIT_CONFIG_NOSYSTEM: "1", ...env }
        }).trim()
      expect(headersFor("https://example.test/a.git/info/refs")).toBe(
        `Authorization: Basic ${Buffer.from("x-access-token:secret-token").toString("base64")}`
      )
      expect(headersFor("https://other.test/a.git")).toBe("")
      expect(headersFor("http://example.test/a.git")).toBe("")
    })
  )
})

describe("files of this machine", () => {
  it.scoped("are read with their permissions, without what is excluded and links that lead astray", () =>
    Effect.gen(function* () {
      const path = yield* temporary
      const file = (name: string, mode = 0o644) => writeFileSync(join(path, name), name, { mode })
      for (const name of [".git", "src", "src/node_modules", "src/deep"]) mkdirSync(join(path, name))
      for (const name of ["a", ".git/config", "src/node_modules/x", "src/deep/b"]) file(name)
      file("run", 0o755)
      symlinkSync("a", join(path, "link"))
      symlinkSync("..", join(path, "src/up"))
      symlinkSync("nowhere", join(path, "dangling"))
      const files = yield* localFiles(path)
      expect(Object.keys(files)).toEqual(["a", "link", "run", "src/deep/b"])
      expect(files["run"]).toMatchObject({ executable: true })
      expect(files["link"]).toMatchObject({ content: Buffer.from("a"), executable: false })
      expect(Object.keys(yield* localFiles(path, { exclude: (name) => name !== "a" }))).toEqual(["a"])
      expect((yield* Effect.flip(localFiles(join(path, "missing"))))._tag).toBe("SystemError")
    }).pipe(Effect.provide(NodeContext.layer))
  )
})

describe("a place without git", () => {
  const machine: Machine = {
    place: "sandbox",
    run: () => Effect.succeed({ exitCode: 127, stdout: "", stderr: "" }),
    write: () => Effect.void,
    hold: () => Effect.void
  }

  it.scoped("says so, and what to do", () =>
    Effect.gen(function* () {
      const directory = make(machine, undefined)
      const snapshot = yield* Effect.flip(directory.snapshot())
      expect(snapshot).toMatchObject({ _tag: "GitNotInstalled", place: "sandbox", operation: "WorkDirectory.snapshot" })
      expect(snapshot.message).toContain("apt-get install git")
      expect((yield* Effect.flip(directory.clone({ url: "https://example.test/a.git" })))._tag).toBe("GitNotInstalled")
    })
  )
})
