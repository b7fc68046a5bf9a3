/** A bare repository to clone from, made with the real git. */
import { execFile } from "node:child_process"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"
import { expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type Toolbox, toolbox } from "../machineSupport.js"

const environment = {
  PATH: process.env["PATH"],
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_AUTHOR_NAME: "Ada",
  GIT_AUTHOR_EMAIL: "ada@example.com",
  GIT_COMMITTER_NAME: "Ada",
  GIT_COMMITTER_EMAIL: "ada@example.com",
  GIT_AUTHOR_DATE: "2026-01-02T03:04:05Z",
  GIT_COMMITTER_DATE: "2026-01-02T03:04:05Z"
}

/** Runs git outside of the toolbox and returns its trimmed output. */
export const git = (directory: string, ...args: ReadonlyArray<string>) =>
  Effect.promise(async () => {
    const { stdout } = await promisify(execFile)("git", [...args], { cwd: directory, env: environment })
    return stdout.trim()
  })

export const write = (directory: string, name: string, text: string) =>
  Effect.promise(() => writeFile(join(directory, name), text))

/** `origin.git` in the machine with one commit on `main`. */
export const origin = ({ machine }: Toolbox) =>
  Effect.gen(function* () {
    const seed = join(machine.root, "seed")
    const bare = join(machine.root, "origin.git")
    yield* git(machine.root, "init", "--quiet", "--initial-branch=main", seed)
    yield* write(seed, "README.md", "hello\n")
    yield* git(seed, "add", ".")
    yield* git(seed, "commit", "--quiet", "-m", "first")
    yield* git(machine.root, "clone", "--quiet", "--bare", seed, bare)
    yield* git(seed, "remote", "add", "origin", bare)
    return { seed, bare, first: yield* git(seed, "rev-parse", "HEAD") }
  })

/** Pushes a commit by another author to the origin. */
export const pushFromElsewhere = (seed: string, name: string, text: string) =>
  Effect.gen(function* () {
    yield* write(seed, name, text)
    yield* git(seed, "add", ".")
    yield* git(seed, "commit", "--quiet", "-m", `change ${name}`)
    yield* git(seed, "push", "--quiet", "origin", "HEAD")
    return yield* git(seed, "rev-parse", "HEAD")
  })

/** A toolbox with a clone of a repository that has one commit. */
export const cloned = ({ branch, ...options }: Parameters<typeof toolbox>[0] & { readonly branch?: string } = {}) =>
  Effect.gen(function* () {
    const box = yield* toolbox(options)
    const source = yield* origin(box)
    const answer = yield* box.post("/git/clone", { url: source.bare, path: "work/repo", branch })
    expect(answer.status).toBe(200)
    return { ...box, ...source, path: "work/repo", at: join(box.machine.workDir, "work/repo") }
  })
