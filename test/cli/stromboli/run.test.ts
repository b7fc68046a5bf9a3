/** `run` and `stream`. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Fault, Script } from "../../../src/embedded/stromboli/index.js"
import { cli } from "../support/program.js"
import { stromboli } from "../support/servers.js"

const session = "11111111-2222-4333-8444-555555555555"

describe("run", () => {
  it.scopedLive("prints the answer, and nothing else, on stdout", () =>
    Effect.gen(function* () {
      const { variables } = yield* stromboli()
      expect(yield* cli(["run", "Count to 3"], { variables })).toEqual({
        code: 0,
        stdout: "[demo agent, no model was called] Counting to 3:\n1\n2\n3\n",
        stderr: ""
      })
    })
  )

  it.scopedLive.each([[[]], [["-"]]] as const)("reads the prompt from standard input with %j", ([[...args]]) =>
    Effect.gen(function* () {
      const { variables } = yield* stromboli({ run: (input) => Script.replies(input, `<${input.prompt}>`) })
      const { stdout } = yield* cli(["run", ...args], { variables, input: "two\nlines\n" })
      expect(stdout).toBe("<two\nlines>\n")
    })
  )

  it.scopedLive("passes its options on", () =>
    Effect.gen(function* () {
      const { server, variables } = yield* stromboli({ secrets: { key: "value" } })
      const flags = [
        "--model",
        "opus",
        "--allow",
        "Read",
        "--allow",
        "Bash(git:*)",
        "--max-turns",
        "3",
        "--timeout",
        "5m"
      ]
      const more = ["--session", session, "--max-budget", "0.5", "--secret", "API_KEY=key", "--workdir", "/work"]
      const { code } = yield* cli(["run", ...flags, ...more, "--", "--not-an-option"], { variables })
      expect(code).toBe(0)
      const [request] = yield* server.requests
      expect(JSON.parse(request?.body ?? "")).toMatchObject({
        prompt: "\n--not-an-option",
        workdir: "/work",
        claude: {
          model: "opus",
          allowed_tools: ["Read", "Bash(git:*)"],
          max_turns: 3,
          max_budget_usd: 0.5,
          session_id: session
        },
        podman: { timeout: "300000ms", secrets_env: { API_KEY: "key" } }
      })
    })
  )

  it.scopedLive("continues a session", () =>
    Effect.gen(function* () {
      const { variables } = yield* stromboli()
      yield* cli(["run", "--session", session, "My name is Ada"], { variables })
      const { stdout } = yield* cli(["run", "--session", session, "--resume", "What is my name?"], { variables })
      expect(stdout).toContain("Your name is Ada")
      const again = yield* cli(["run", "--session", session, "Hello"], { variables })
      expect(again).toMatchObject({ code: 6, stdout: "" })
    })
  )

  it.scopedLive("prints the result by its schema with --json", () =>
    Effect.gen(function* () {
      const { variables } = yield* stromboli()
      const { stdout } = yield* cli(["run", "--json", "--session", session, "Count to 2"], { variables })
      expect(JSON.parse(stdout)).toMatchObject({ _tag: "Completed", sessionId: session, output: expect.any(String) })
    })
  )

  it.scopedLive("exits with 1 when the container dies, after what it had printed", () =>
    Effect.gen(function* () {
      const { variables } = yield* stromboli({ run: () => Script.dies("SIGKILL", "half an answer") })
      const { code, stderr, stdout } = yield* cli(["run", "Hello"], { variables })
      expect({ code, stdout }).toEqual({ code: 1, stdout: "half an answer\n" })
      expect(stderr).toMatch(/^error: The container of the run died: .*killed/)
      const asJson = yield* cli(["run", "--json", "Hello"], { variables })
      expect(asJson.code).toBe(1)
      expect(JSON.parse(asJson.stdout)).toMatchObject({ _tag: "Crashed", output: "half an answer" })
      expect(JSON.parse(asJson.stderr)).toMatchObject({ error: { exitCode: 1 } })
    })
  )

  it.scopedLive("exits with 1 when Claude ends with an error", () =>
    Effect.gen(function* () {
      const { variables } = yield* stromboli({
        run: (input) => Script.failsWith(input, "error_max_turns", "Out of turns")
      })
      const { code, stderr } = yield* cli(["run", "--verbose", "Hello"], { variables })
      expect(code).toBe(1)
      expect(stderr).toMatch(/^error: /)
      expect(stderr).toContain("code: RUN_FAILED")
      expect(stderr).toContain("admitted: yes")
    })
  )

  it.scopedLive("starts a run in the background, and at most one for a key", () =>
    Effect.gen(function* () {
      const { variables } = yield* stromboli()
      const { stdout } = yield* cli(["run", "--background", "Count to 3"], { variables })
      expect(stdout).toMatch(/^job-\w+\n$/)
      const waited = yield* cli(["jobs", "wait", stdout.trim()], { variables })
      expect(waited.code).toBe(0)
      expect(waited.stdout).toContain("\n1\n2\n3\n")
      const keyed = ["run", "--background", "--key", "nightly", "--json", "Count to 3"]
      const first = JSON.parse((yield* cli(keyed, { variables })).stdout)
      const second = JSON.parse((yield* cli(keyed, { variables })).stdout)
      expect(first).toMatchObject({ origin: "started" })
      expect(second).toEqual({ ...first, origin: "adopted", status: expect.any(String) })
    })
  )

  it.live.each([
    [["--resume", "Hello"], "--session"],
    [["--key", "a", "Hello"], "--background"],
    [["--secret", "NAME", "Hello"], "--secret"],
    [["--timeout", "soon", "Hello"], "--timeout"],
    [["--max-turns", "many", "Hello"], "many"],
    [["--session", "not-a-uuid", "Hello"], "claude.sessionId"],
    [["--timeout", "0s", "Hello"], "podman.timeout"],
    [["", "more"], "more"],
    [[""], "prompt"]
  ] as const)("refuses %j with exit code 2, naming %s, without sending anything", ([[...args], named]) =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* cli(["run", ...args], {
        variables: { STROMBOLI_URL: "http://127.0.0.1:1" }
      })
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" })
      expect(stderr).toContain(named)
    })
  )
})

describe("stream", () => {
  it.scopedLive("prints each line, or each event with --json", () =>
    Effect.gen(function* () {
      const { variables } = yield* stromboli()
      const text = yield* cli(["stream", "Count to 2"], { variables })
      expect(text).toEqual({
        code: 0,
        stdout: "[demo agent, no model was called] Counting to 2:\n1\n2\n",
        stderr: ""
      })
      const { stdout } = yield* cli(["stream", "--json", "Count to 2"], { variables })
      const events = stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line))
      expect(events.map(({ _tag }) => _tag)).toEqual(["Output", "Output", "Output", "Done"])
    })
  )

  it.scopedLive("never takes a lost connection for success", () =>
    Effect.gen(function* () {
      const { server, variables } = yield* stromboli()
      yield* server.faults.inject({ path: "/run/stream", fault: Fault.cutBody(120, "clean") })
      const { code, stderr } = yield* cli(["stream", "Count to 100"], { variables })
      expect(code).toBe(5)
      expect(stderr).toMatch(/^error: /)
    })
  )
})
