/** `serve`: the embedded servers as processes. */
import { readdir, readFile, stat, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { Daytona, Sandboxes } from "../../../src/daytona.js"
import { NodeTransport } from "../../../src/node/index.js"
import { cli, home, run, start } from "../support/program.js"

const serving = (args: ReadonlyArray<string>, directory: string) =>
  Effect.gen(function* () {
    const running = yield* start(["serve", ...args, "--port", "0"], { home: directory })
    yield* running.prints(/^listening http:\/\/127\.0\.0\.1:\d+\n/)
    const url = /^listening (\S+)/.exec(running.stdout())?.[1] ?? ""
    const get = (path: string, token?: string) =>
      Effect.promise(() =>
        fetch(url + path, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } })
      )
    return { ...running, url, get }
  })

const secretFile = (directory: string, name: string, secret: string) =>
  Effect.promise(async () => {
    const path = join(directory, name)
    await writeFile(path, `${secret}\n`, { mode: 0o600 })
    return path
  })

const stateOf = (directory: string, system: string) =>
  Effect.promise(() => readdir(join(directory, ".local/state/effect-sandboxes", system)))

describe("serve stromboli", () => {
  it.scopedLive.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)(
    "prints its address first, responds, and exits cleanly on %s",
    (signal) =>
      Effect.gen(function* () {
        const directory = yield* home
        const { child, ended, get, stdout } = yield* serving(["stromboli"], directory)
        expect((yield* get("/health")).status).toBe(200)
        expect(yield* stateOf(directory, "stromboli")).toEqual([`${child.pid}.json`])
        child.kill(signal)
        expect((yield* ended).code).toBe(0)
        expect(stdout()).toMatch(/^listening \S+\n$/)
        expect(yield* stateOf(directory, "stromboli")).toEqual([])
      })
  )

  it.scopedLive("takes its settings from the flags", () =>
    Effect.gen(function* () {
      const directory = yield* home
      const [a, b] = [yield* secretFile(directory, "a", "token-a"), yield* secretFile(directory, "b", "token-b")]
      const flags = [
        "--api",
        "0.4",
        "--token-file",
        a,
        "--token-file",
        b,
        "--api-version",
        "dev",
        "--rate-limit",
        "100"
      ]
      const { get } = yield* serving(["stromboli", ...flags], directory)
      const health = yield* get("/health")
      expect(yield* Effect.promise(() => health.json())).toMatchObject({
        version: "dev"
      })
      expect((yield* get("/jobs")).status).toBe(401)
      expect((yield* get("/jobs", "token-a")).status).toBe(200)
      expect((yield* get("/jobs", "token-b")).status).toBe(200)
      // Agents are part of 0.5 only.
      expect((yield* get("/agents", "token-a")).status).toBe(404)
    })
  )

  it.scopedLive("is found by --embedded, with its token, which only its owner can read", () =>
    Effect.gen(function* () {
      const directory = yield* home
      const token = yield* secretFile(directory, "token", "token-of-the-server")
      const { child, ended } = yield* serving(["stromboli", "--token-file", token], directory)
      const state = join(directory, ".local/state/effect-sandboxes/stromboli", `${child.pid}.json`)
      expect((yield* Effect.promise(() => stat(state))).mode & 0o777).toBe(0o600)
      expect(yield* run(["jobs", "ls", "--embedded", "--json"], { home: directory })).toEqual({
        stdout: "[]\n",
        stderr: "",
        code: 0
      })
      child.kill("SIGKILL")
      yield* ended
      const after = yield* run(["jobs", "ls", "--embedded", "--json"], { home: directory })
      expect(after).toMatchObject({ stdout: "[]\n", code: 0 })
      expect(after.stderr).toContain("in this process")
      expect(yield* stateOf(directory, "stromboli")).toEqual([])
    })
  )

  it.scopedLive("never shows a secret in its arguments or what it prints", () =>
    Effect.gen(function* () {
      const directory = yield* home
      const token = yield* secretFile(directory, "token", "token-of-the-server")
      const { child, stderr, stdout } = yield* serving(["stromboli", "--token-file", token], directory)
      const shown = yield* Effect.promise(() => readFile(`/proc/${child.pid}/cmdline`, "utf8"))
      expect(stdout() + stderr() + shown).not.toContain("token-of-the-server")
    })
  )

  it.live.each([
    [["--port", "x"], "--port"],
    [["--port", "70000"], "--port"],
    [["--port"], "--port"],
    [["--api", "1"], "--api"],
    [["--host", "0.0.0.0"], "--host"],
    [["--rate-limit", "0"], "--rate-limit"],
    [["--token-file", "/nowhere"], "--token-file"],
    [["--token-file", "/dev/null"], "--token-file"],
    [["--unknown"], "--unknown"]
  ] as const)("answers %j with exit code 2 and a line that names %s", ([[...args], flag]) =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* cli(["serve", "stromboli", ...args])
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" })
      expect(stderr).toContain(flag)
      expect(stderr.split("\n").length).toBeLessThan(4)
    })
  )

  it.live("refuses a secret that is too short", () =>
    Effect.gen(function* () {
      const { code, stderr } = yield* cli(["serve", "stromboli", "--client-jwt-secret-file", "-"], { input: "short" })
      expect(code).toBe(2)
      expect(stderr).toBe("error: --client-jwt-secret-file: expected at least 32 characters\n")
    })
  )

  it.scopedLive("says which port is taken", () =>
    Effect.gen(function* () {
      const directory = yield* home
      const { url } = yield* serving(["stromboli"], directory)
      const { port } = new URL(url)
      const second = yield* run(["serve", "stromboli", "--port", port], { home: directory })
      expect(second.code).toBe(1)
      expect(second.stderr).toContain(`port ${port} on 127.0.0.1 is already in use`)
    })
  )
})

describe("serve daytona", () => {
  it.scopedLive("prints its address first, responds, and exits cleanly on SIGTERM", () =>
    Effect.gen(function* () {
      const directory = yield* home
      const key = yield* secretFile(directory, "key", "key-a")
      const flags = [
        "--generation",
        "0.190",
        "--api-key-file",
        key,
        "--rate-limit",
        "50",
        "--instant",
        "--no-sandboxes"
      ]
      const { child, ended, get } = yield* serving(["daytona", ...flags], directory)
      expect((yield* get("/api/sandbox")).status).toBe(401)
      const list = yield* get("/api/sandbox", "key-a")
      expect(list.status).toBe(200)
      expect(list.headers.get("x-ratelimit-limit-authenticated")).toBe("50")
      child.kill("SIGTERM")
      expect((yield* ended).code).toBe(0)
    })
  )

  it.scopedLive("configures where sandboxes are, what they can access, and whether they have a desktop", () =>
    Effect.gen(function* () {
      const directory = yield* home
      const parent = yield* home
      const flags = ["--sandbox-directory", parent, "--any-path", "--desktop", "--instant"]
      const { url } = yield* serving(["daytona", ...flags], directory)
      yield* Effect.gen(function* () {
        const sandbox = yield* Effect.flatMap(Sandboxes, (sandboxes) => sandboxes.create({ language: "python" }))
        expect((yield* sandbox.process.execute("pwd")).stdout.startsWith(`${parent}/`)).toBe(true)
        expect((yield* sandbox.files.list("/")).length).toBeGreaterThan(0)
        yield* sandbox.computerUse.start
      }).pipe(
        Effect.provide(Daytona.layer({ apiKey: Redacted.make("any"), apiUrl: `${url}/api` })),
        Effect.provide(NodeTransport.layer)
      )
    })
  )

  it.live.each([
    [["--port", "x"], "--port"],
    [["--port"], "--port"],
    [["--generation", "1"], "--generation"],
    [["--host", "0.0.0.0"], "--host"],
    [["--api-key-file", "/dev/null"], "--api-key-file"],
    [["--client-jwt-secret-file", "/dev/null"], "--client-jwt-secret-file"],
    [["--rate-limit", "0"], "--rate-limit"],
    [["--sandbox-directory", ""], "--sandbox-directory"],
    [["--unknown"], "--unknown"]
  ] as const)("answers %j with exit code 2 and a line that names %s", ([[...args], flag]) =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* cli(["serve", "daytona", ...args])
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" })
      expect(stderr).toContain(flag)
    })
  )
})
