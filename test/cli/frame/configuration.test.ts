/** Where addresses and credentials come from, and that they go nowhere else. */
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { cli, home, run, start } from "../support/program.js"
import { stromboli } from "../support/servers.js"

const token = "a-token-that-must-not-be-seen"

/** A home with profiles. */
const withProfiles = (text: string, mode = 0o600) =>
  Effect.gen(function* () {
    const directory = yield* home
    const file = join(directory, ".config/effect-sandboxes/profiles.toml")
    yield* Effect.promise(async () => {
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, text)
      await chmod(file, mode)
    })
    return { directory, file }
  })

const protectedServer = stromboli({ auth: { tokens: [token] } })

describe("configuration", () => {
  it.scopedLive("is read from the environment", () =>
    Effect.gen(function* () {
      const { variables } = yield* protectedServer
      expect((yield* cli(["jobs", "ls", "--json"], { variables: { ...variables, STROMBOLI_TOKEN: token } })).code).toBe(
        0
      )
      const missing = yield* cli(["jobs", "ls"], { variables })
      expect(missing.code).toBe(4)
      expect(missing.stderr).toContain("effect-sandboxes doctor")
      const empty = yield* cli(["jobs", "ls"], { variables: { ...variables, STROMBOLI_TOKEN: "" } })
      expect(empty.code).toBe(4)
    })
  )

  it.scopedLive("is read from a profile that is named, and then not from the environment", () =>
    Effect.gen(function* () {
      const { url } = yield* protectedServer
      const { directory } = yield* withProfiles(`[work]\nSTROMBOLI_URL = "${url}"\nSTROMBOLI_TOKEN = "${token}"\n`)
      const elsewhere = { STROMBOLI_URL: "http://127.0.0.1:1", STROMBOLI_TOKEN: "of-another-server" }
      const args = ["jobs", "ls", "--json"]
      const byFlag = yield* run([...args, "--profile", "work"], { home: directory, variables: elsewhere })
      expect(byFlag).toEqual({ code: 0, stdout: "[]\n", stderr: "" })
      const byVariable = yield* run(args, { home: directory, variables: { EFFECT_SANDBOXES_PROFILE: "work" } })
      expect(byVariable.code).toBe(0)
    })
  )

  it.scopedLive("does not add the credentials of the environment to the address of a profile", () =>
    Effect.gen(function* () {
      const { server, url } = yield* protectedServer
      const { directory } = yield* withProfiles(`[work]\nSTROMBOLI_URL = "${url}"\n`)
      const { code } = yield* run(["jobs", "ls", "--profile", "work"], {
        home: directory,
        variables: { STROMBOLI_TOKEN: "of-another-server" }
      })
      expect(code).toBe(4)
      expect(JSON.stringify(yield* server.requests)).not.toContain("of-another-server")
    })
  )

  it.scopedLive("is read from the profile `default` when the environment has none", () =>
    Effect.gen(function* () {
      const { url } = yield* protectedServer
      const { directory } = yield* withProfiles(`[default]\nSTROMBOLI_URL = "${url}"\nSTROMBOLI_TOKEN = "${token}"\n`)
      expect((yield* run(["jobs", "ls", "--json"], { home: directory })).code).toBe(0)
      const overridden = { home: directory, variables: { STROMBOLI_URL: "http://127.0.0.1:1" } }
      expect((yield* run(["jobs", "ls", "--json"], overridden)).code).toBe(5)
    })
  )

  it.scopedLive("sends no credentials to another address than the one that they are for", () =>
    Effect.gen(function* () {
      const other = yield* stromboli()
      const variables = { STROMBOLI_URL: "http://127.0.0.1:1", STROMBOLI_TOKEN: token }
      const { code, stderr } = yield* cli(["jobs", "ls", "--json", "--url", other.url], { variables })
      expect(code).toBe(0)
      expect(stderr).toContain("are for http://127.0.0.1:1 and are not sent to")
      expect(stderr).not.toContain(token)
      expect(JSON.stringify(yield* other.server.requests)).not.toContain(token)
    })
  )

  it.scopedLive("takes a token from a file or standard input, not from an argument", () =>
    Effect.gen(function* () {
      const { server, url, variables } = yield* protectedServer
      const directory = yield* home
      const file = join(directory, "token")
      yield* Effect.promise(() => writeFile(file, `${token}\n`))
      expect((yield* run(["jobs", "ls", "--token-file", file], { home: directory, variables })).code).toBe(0)
      const piped = yield* start(["run", "--url", url, "--token-file", "-", "Count to 3"], { home: directory })
      piped.child.stdin.end(token)
      expect((yield* piped.ended).code).toBe(0)
      expect((yield* server.requests).at(-1)?.headers["authorization"]).toBe(`Bearer ${token}`)
      const given = yield* cli(["jobs", "ls", "--token", token], { variables })
      expect(given.code).toBe(2)
    })
  )

  it.scopedLive("refuses a file of profiles that others can read, and says how to mend it", () =>
    Effect.gen(function* () {
      const { directory, file } = yield* withProfiles(`[work]\nSTROMBOLI_TOKEN = "${token}"\n`, 0o644)
      const { code, stderr } = yield* run(["jobs", "ls", "--profile", "work"], { home: directory })
      expect(code).toBe(2)
      expect(stderr).toBe(`error: Other users can read ${file}, which may hold credentials. Run: chmod 600 ${file}\n`)
    })
  )

  it.scopedLive.each([
    ['[work]\nSTROMBOLI_TOKEN = "a-token-that-must-not-be-seen\n', "its line 2"],
    ["[work]\nSTROMBOLI_URL = 5\n", "STROMBOLI_URL must be text"],
    ["[other]\n", "There is no profile work in"]
  ] as const)("says what is wrong with profiles, without showing what is in them: %j", ([text, told]) =>
    Effect.gen(function* () {
      const { directory } = yield* withProfiles(text)
      const { code, stderr } = yield* run(["jobs", "ls", "--profile", "work"], { home: directory })
      expect(code).toBe(2)
      expect(stderr).toContain(told)
      expect(stderr).not.toContain(token)
    })
  )

  it.live("says that there is no profile where there is no file", () =>
    Effect.gen(function* () {
      const { code, stderr } = yield* cli(["jobs", "ls", "--profile", "work"])
      expect(code).toBe(2)
      expect(stderr).toContain("There is no profile work, because there is no file")
    })
  )

  it.live("says what to do when nothing is configured", () =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* cli(["jobs", "ls"])
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" })
      expect(stderr).toBe(
        "error: No Stromboli server is configured. Set STROMBOLI_URL, give --url, or try it without a server: --embedded\n"
      )
    })
  )

  it.live.each(["not a url", "ftp://host"])("refuses the address %j and names it", (url) =>
    Effect.gen(function* () {
      const { code, stderr } = yield* cli(["jobs", "ls", "--url", url])
      expect(code).toBe(2)
      expect(stderr).toContain("baseUrl")
    })
  )

  it.scopedLive("never shows a token, whatever fails", () =>
    Effect.gen(function* () {
      const { variables } = yield* stromboli({
        auth: { tokens: ["another"], jwtSecret: "a secret of at least thirty-two characters" }
      })
      const all = { ...variables, STROMBOLI_TOKEN: token }
      for (const args of [["jobs", "ls"], ["doctor"], ["run", "Hello"], ["agents", "ls"], ["token", "validate"]]) {
        for (const format of [["--verbose"], ["--json", "--verbose"]]) {
          const { code, stderr, stdout } = yield* cli([...args, ...format], { variables: all })
          expect(code).toBe(4)
          expect(stdout + stderr).not.toContain(token)
        }
      }
    })
  )
})

describe("the log of the library", () => {
  it.live("goes to stderr, a line for people", () =>
    Effect.gen(function* () {
      const { stderr, stdout } = yield* cli([
        "jobs",
        "ls",
        "--json",
        "--log-level",
        "debug",
        "--url",
        "http://127.0.0.1:1"
      ])
      expect(stdout).toBe("")
      expect(stderr).toMatch(/^debug: Jobs\.list: attempt 1 failed with TransportError; trying again\n/)
    })
  )
})

describe("--embedded", () => {
  it.live("runs a server in the process when none is kept", () =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* cli(["run", "--embedded", "Count to 2"])
      expect({ code, stdout }).toEqual({
        code: 0,
        stdout: "[demo agent, no model was called] Counting to 2:\n1\n2\n"
      })
      expect(stderr).toMatch(/in this process.*no model is called/)
    })
  )

  it.scopedLive("removes what a server that was killed has left", () =>
    Effect.gen(function* () {
      const directory = yield* home
      const state = join(directory, ".local/state/effect-sandboxes/stromboli")
      const stale = join(state, "999999999.json")
      const odd = join(state, "1.json")
      yield* Effect.promise(async () => {
        await mkdir(state, { recursive: true })
        await writeFile(stale, JSON.stringify({ url: "http://127.0.0.1:1", pid: 999_999_999, startedAt: 0 }))
        await writeFile(odd, "not JSON")
      })
      const { code, stderr } = yield* run(["jobs", "ls", "--embedded", "--json"], { home: directory })
      expect({ code, inProcess: stderr.includes("in this process") }).toEqual({ code: 0, inProcess: true })
      for (const file of [stale, odd]) {
        expect(
          yield* Effect.promise(() =>
            readFile(file).then(
              () => "there",
              () => "gone"
            )
          )
        ).toBe("gone")
      }
    })
  )
})
