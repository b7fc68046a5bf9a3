import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import { Script } from "effect-sandboxes/embedded/stromboli"
import { answer } from "../../../src/embedded/stromboli/claude/demoAgent.js"
import { get, post, server } from "./support.js"

const paths = ["/run", "/run/async", "/agents", "/auth/token", "/auth/refresh", "/secrets", "/images/pull"] as const

/** Values of the fields that the server knows, of every type. */
const field = FastCheck.constantFrom(
  ...["prompt", "workdir", "claude", "podman", "session_id", "json_schema", "agents", "max_turns", "timeout", "image"],
  ...["volumes", "lifecycle", "environment", "name", "value", "client_id", "refresh_token", "idle_timeout_seconds"]
)
const body = FastCheck.letrec((tie) => ({
  value: FastCheck.oneof(
    { depthSize: "small" },
    FastCheck.fullUnicodeString(),
    FastCheck.double(),
    FastCheck.constant(null),
    FastCheck.array(tie("value"), { maxLength: 3 }),
    FastCheck.dictionary(field, tie("value"), { maxKeys: 5 })
  )
})).value

describe("the server", () => {
  it.effect.prop(
    "responds to every body as the real one does: with a status of the API and a body",
    [
      FastCheck.constantFrom(...paths),
      FastCheck.oneof(
        body.map((value) => JSON.stringify(value)),
        FastCheck.string()
      )
    ],
    ([path, text]) =>
      Effect.gen(function* () {
        const response = yield* post(path, text)
        expect([200, 201, 202, 400, 401, 500, 503]).toContain(response.status)
        expect(response.text).not.toBe("")
      }).pipe(Effect.provide(server({ auth: { jwtSecret: "x".repeat(32), required: false } }))),
    { fastCheck: { numRuns: 40 } }
  )

  const deep = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`

  it.live.each<[string, string, string]>([
    ["an unclosed array of a million levels", "/run", "[".repeat(1_000_000)],
    ["nested options for agents", "/run", `{"prompt":"x","claude":{"agents":{"a":${deep(9_990)}}}}`],
    ["a nested schema", "/run", JSON.stringify({ prompt: "x", claude: { json_schema: `{"const":${deep(60_000)}}` } })],
    ["a long number", "/agents", `{"idle_timeout_seconds":${"9".repeat(1_000_000)}}`],
    ["a long duration", "/run", JSON.stringify({ prompt: "x", podman: { timeout: "1h".repeat(500_000) } })],
    ["a long image", "/images/pull", JSON.stringify({ image: "@".repeat(1_000_000) })],
    ["a long workdir", "/run", JSON.stringify({ prompt: "x", workdir: `/${".".repeat(1_000_000)}` })],
    ["a long token", "/auth/refresh", JSON.stringify({ refresh_token: "a.".repeat(500_000) })]
  ])("responds to %s without a pause", ([, path, text]) =>
    Effect.gen(function* () {
      const before = process.cpuUsage()
      const response = yield* post(path, text)
      const { user } = process.cpuUsage(before)
      expect(response.text).not.toBe("")
      expect(user).toBeLessThan(2_000_000)
    }).pipe(Effect.provide(server({ auth: { jwtSecret: "x".repeat(32), required: false } })))
  )

  it.effect("passes on structured output that is nested deeper than the stack", () =>
    Effect.gen(function* () {
      const { text, status } = yield* post("/run", { prompt: "x" })
      expect(status).toBe(200)
      expect(text).toContain(`"structured_output":{"a":${deep(9_000)}}`)
    }).pipe(Effect.provide(server({}, () => Script.says(`{"structured_output":{"a":${deep(9_000)}}}`))))
  )

  it.effect("responds to any query and any path", () =>
    Effect.gen(function* () {
      for (const path of ["/run/stream?%", "/jobs/%ff", `/jobs/${"%2F".repeat(10_000)}`, `/?${"&".repeat(100_000)}`]) {
        expect([200, 301, 400, 404]).toContain((yield* get(path)).status)
      }
    }).pipe(Effect.provide(server()))
  )
})

describe("the demo agent", () => {
  it.each(["count ", "about ", "1", "what is ", "call me  ", "my name is", "-", "é!"])(
    "answers a megabyte of %j without a pause",
    (part) => {
      const before = process.cpuUsage()
      const told = [{ role: "user", text: part.repeat(1_000_000 / part.length) }] as const
      for (const prefix of ["", "haiku ", "count ", "what is my name "]) {
        expect(answer(prefix + part.repeat(1_000_000 / part.length), told)).toContain("demo agent")
      }
      expect(process.cpuUsage(before).user).toBeLessThan(2_000_000)
    }
  )
})
