/** `sessions`, `secrets`, `images` and `token`. */
import { readFile, stat } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Script } from "../../../src/embedded/stromboli/index.js"
import { cli, home, run } from "../support/program.js"
import { stromboli } from "../support/servers.js"
import { enter, open } from "../support/terminal.js"

const session = "11111111-2222-4333-8444-555555555555"

describe("sessions", () => {
  it.scopedLive("are listed, shown and deleted", () =>
    Effect.gen(function* () {
      const { variables } = yield* stromboli()
      expect((yield* cli(["sessions", "ls"], { variables })).stderr).toBe("No sessions.\n")
      yield* cli(["run", "--session", session, "My name is Ada"], { variables })
      expect((yield* cli(["sessions", "ls"], { variables })).stdout).toContain(session)
      const shown = yield* cli(["sessions", "show", session], { variables })
      expect(shown.code).toBe(0)
      expect(shown.stdout).toMatch(/^user .*\nMy name is Ada\n\nassistant .*\n\[demo agent.*Nice to meet you, Ada/)
      const asJson = yield* cli(["sessions", "show", "--json", session], { variables })
      const messages = asJson.stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line))
      expect(messages.map(({ type }) => type)).toEqual(["user", "assistant"])
      expect((yield* cli(["sessions", "rm", "--yes", session], { variables })).stdout).toBe(`${session}\n`)
      expect((yield* cli(["sessions", "show", session], { variables })).code).toBe(3)
    })
  )

  it.scopedLive("are not deleted without a confirmation", () =>
    Effect.gen(function* () {
      const { variables } = yield* stromboli()
      yield* cli(["run", "--session", session, "Hello"], { variables })
      const refused = yield* cli(["sessions", "rm", session], { variables, input: "y\n" })
      expect(refused).toMatchObject({ code: 2, stdout: "" })
      expect(refused.stderr).toContain("There is no terminal to ask on: add --yes to confirm")

      const ask = Effect.gen(function* () {
        const screen = yield* open(["sessions", "rm", session], { home: yield* home, variables, columns: 120 })
        yield* screen.shows(`Delete session ${session} and all that was said? [y/N]`)
        return screen
      })
      const no = yield* ask
      no.type(enter)
      expect((yield* no.ended).exitCode).toBe(2)
      expect(no.text()).toContain("Nothing was changed")
      expect((yield* cli(["sessions", "ls"], { variables })).stdout).toContain(session)
      const yes = yield* ask
      yes.type(`yes${enter}`)
      expect((yield* yes.ended).exitCode).toBe(0)
      expect((yield* cli(["sessions", "ls"], { variables })).stdout).toBe("")
    })
  )

  it.scopedLive("show tools in few lines, and nothing that the terminal would obey", () =>
    Effect.gen(function* () {
      const { server, variables } = yield* stromboli({ run: (input) => Script.replies(input, "Hello") })
      const message = (type: string, content: ReadonlyArray<object>) => ({
        type,
        uuid: crypto.randomUUID(),
        timestamp: "2026-01-01T00:00:00Z",
        content: { role: type, content }
      })
      const command = Array.from({ length: 40 }, (_, line) => `echo ${line}`).join("\n")
      yield* server.appendMessage(
        session,
        message("assistant", [{ type: "tool_use", id: "a", name: "Bash", input: { command } }])
      )
      yield* server.appendMessage(
        session,
        message("user", [{ type: "tool_result", tool_use_id: "a", content: "\u001b[2Jdone", is_error: false }])
      )
      const { stdout } = yield* cli(["sessions", "show", session], { variables })
      expect(stdout).toContain("  → Bash\n    echo 0\n    echo 1\n")
      expect(stdout).not.toContain("echo 9")
      expect(stdout).toContain("    ␛[2Jdone\n")
    })
  )
})

describe("secrets", () => {
  it.scopedLive("are stored from standard input, listed without their values, and deleted", () =>
    Effect.gen(function* () {
      const { server, variables } = yield* stromboli()
      const created = yield* cli(["secrets", "create", "github"], { variables, input: "the-value\n" })
      expect(created).toEqual({ code: 0, stdout: "github\n", stderr: "" })
      expect(JSON.parse((yield* server.requests).at(-1)?.body ?? "")).toEqual({ name: "github", value: "the-value" })
      const listed = yield* cli(["secrets", "ls"], { variables })
      expect(listed.stdout).toMatch(/^NAME {4}CREATED\ngithub {2}\S/)
      const again = yield* cli(["secrets", "create", "github"], { variables, input: "the-value" })
      expect(again.code).toBe(6)
      expect(again.stderr).not.toContain("the-value")
      expect((yield* cli(["secrets", "rm", "github"], { variables })).code).toBe(2)
      expect((yield* cli(["secrets", "rm", "--yes", "github"], { variables })).stdout).toBe("github\n")
      expect((yield* cli(["secrets", "ls", "--json"], { variables })).stdout).toBe("[]\n")
    })
  )

  it.live.each([
    [["a b"], "value", "name"],
    [["name"], "", "--value-file"]
  ] as const)("are refused before anything is sent: %j", ([[name], input, named]) =>
    Effect.gen(function* () {
      const variables = { STROMBOLI_URL: "http://127.0.0.1:1" }
      const { code, stderr } = yield* cli(["secrets", "create", name], { variables, input })
      expect(code).toBe(2)
      expect(stderr).toContain(named)
    })
  )
})

describe("images", () => {
  it.scopedLive("are listed, shown, searched and pulled", () =>
    Effect.gen(function* () {
      const { variables } = yield* stromboli()
      const listed = yield* cli(["images", "ls"], { variables })
      expect(listed.stdout).toMatch(/python:3\.12 +1 GB +\d+d ago +can run it/)
      const got = yield* cli(["images", "get", "python:3.12"], { variables })
      expect(got.stdout).toMatch(/^Image +python:3\.12\n/)
      expect((yield* cli(["images", "search", "node"], { variables })).stdout).toContain("docker.io/library/node")
      const pulled = yield* cli(["images", "pull", "docker.io/library/node", "--json"], { variables })
      expect(JSON.parse(pulled.stdout)).toMatchObject({ success: true, image: "docker.io/library/node" })
      expect((yield* cli(["images", "get", "nothing"], { variables })).code).toBe(3)
    })
  )

  it.scopedLive("make a table that fits a narrow terminal", () =>
    Effect.gen(function* () {
      const { variables } = yield* stromboli({
        images: [
          {
            repository: "世界/image",
            size: 5_000_000,
            labels: { "ai.stromboli.description": "A description that is much too long for a narrow terminal 界" }
          }
        ]
      })
      const screen = yield* open(["images", "ls"], { home: yield* home, variables, columns: 60 })
      expect((yield* screen.ended).exitCode).toBe(0)
      const lines = screen.text().split("\n")
      expect(lines).toHaveLength(2)
      expect(lines[0]).toMatch(/^IMAGE +SIZE {2}CREATED {2}FOR CLAUDE +DESCRIPTION$/)
      expect(lines[1]).toMatch(/^世界\/image:latest {2}5 MB {2}unknown/)
    })
  )
})

describe("token", () => {
  const secret = "a secret of at least thirty-two characters"

  it.scopedLive("is requested, validated, refreshed and revoked", () =>
    Effect.gen(function* () {
      const { variables } = yield* stromboli({ auth: { tokens: ["api-token"], jwtSecret: secret } })
      const withToken = (STROMBOLI_TOKEN: string) => ({ variables: { ...variables, STROMBOLI_TOKEN } })
      const created = yield* cli(["token", "create", "me", "--json"], withToken("api-token"))
      expect(created).toMatchObject({ code: 0, stderr: "The token expires in 1d.\n" })
      const { accessToken, expiresInSeconds, refreshToken } = JSON.parse(created.stdout)
      expect(expiresInSeconds).toBe(86_400)
      const valid = yield* cli(["token", "validate"], withToken(accessToken))
      expect(valid.stdout).toMatch(/^Subject {2}me\nValid {4}yes\nExpires {2}in (1d|23h)\n$/)
      const refreshed = yield* cli(["token", "refresh"], { ...withToken(accessToken), input: refreshToken })
      expect(refreshed.stdout.trim()).toMatch(/^ey[\w-]+\.[\w-]+\.[\w-]+$/)
      expect((yield* cli(["token", "revoke"], withToken(accessToken))).code).toBe(0)
      expect((yield* cli(["jobs", "ls"], withToken(accessToken))).code).toBe(4)
    })
  )

  it.scopedLive("is written to a file that only its owner can read", () =>
    Effect.gen(function* () {
      const { variables } = yield* stromboli({ auth: { required: false, jwtSecret: secret } })
      const directory = yield* home
      const file = join(directory, "token")
      const written = yield* run(["token", "create", "me", "--out", file], { home: directory, variables })
      expect(written).toMatchObject({ code: 0, stdout: `${file}\n` })
      expect((yield* Effect.promise(() => stat(file))).mode & 0o777).toBe(0o600)
      const used = yield* run(["token", "validate", "--token-file", file], { home: directory, variables })
      expect(used.code).toBe(0)
      expect(yield* Effect.promise(() => readFile(file, "utf8"))).toMatch(/^ey\S+\n$/)
    })
  )
})
