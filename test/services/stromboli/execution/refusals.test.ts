/** Requests that are refused before they are sent, with an error that names the field. */
import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { SecretName, SessionId } from "../../../../src/schema/stromboli/Identifiers.js"
import type { AsyncRunRequest, RunRequest, StreamRequest } from "../../../../src/schema/stromboli/Run.js"
import { Execution } from "../../../../src/services/stromboli/execution/Execution.js"
import { requests, services } from "../../../support/embedded.js"

const refused = (operation: string, field: string) => ({
  _tag: "InvalidRequest",
  code: "INVALID_REQUEST",
  system: "stromboli",
  operation,
  field,
  attempts: 0,
  retryable: false,
  admitted: "no"
})

const half = "\ud83d"
const circular: Record<string, unknown> = {}
circular["self"] = circular
const sentence = (text: string) => `${text} `.repeat(10)
const commands = (count: number, command = "true") => Array.from({ length: count }, () => command)
const secret = SecretName.make("database")
const names = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`VARIABLE_${index}`, secret]))

const runs: ReadonlyArray<readonly [what: string, field: string, request: Omit<RunRequest, "prompt">]> = [
  ["a session id with ..", "claude.sessionId", { claude: { sessionId: SessionId.make("../x") } }],
  ["a session id with a slash", "claude.sessionId", { claude: { sessionId: SessionId.make("a/b") } }],
  ["an empty session id", "claude.sessionId", { claude: { sessionId: SessionId.make("") } }],
  ["a session id with a NUL", "claude.sessionId", { claude: { sessionId: SessionId.make("a\0b") } }],
  ["a session id that is no UUID", "claude.sessionId", { claude: { sessionId: SessionId.make("my-session") } }],
  ["a session id without hyphens", "claude.sessionId", { claude: { sessionId: SessionId.make("0".repeat(32)) } }],
  [
    "the id of a session to resume that is no UUID",
    "claude.sessionId",
    { claude: { sessionId: SessionId.make("a title"), resume: true } }
  ],
  ["resume without a session id", "claude.sessionId", { claude: { resume: true } }],
  ["a system prompt of 128 KiB", "claude.systemPrompt", { claude: { systemPrompt: "x".repeat(131_072) } }],
  [
    "an appended system prompt of 128 KiB",
    "claude.appendSystemPrompt",
    { claude: { appendSystemPrompt: "é".repeat(65_536) } }
  ],
  ["agents of 128 KiB as JSON", "claude.agents", { claude: { agents: { a: "x".repeat(131_064) } } }],
  ["agents that are not JSON", "claude.agents.a", { claude: { agents: { a: 1n } } }],
  ["agents that contain themselves", "claude.agents.self", { claude: { agents: circular } }],
  ["settings of 128 KiB", "claude.settings", { claude: { settings: JSON.stringify("x".repeat(131_070)) } }],
  ["an MCP configuration of 128 KiB", "claude.mcpConfigs.0", { claude: { mcpConfigs: ["x".repeat(131_072)] } }],
  ["an allowed tool with a NUL", "claude.allowedTools.1", { claude: { allowedTools: ["Bash", "a\0b"] } }],
  ["a system prompt with a NUL", "claude.systemPrompt", { claude: { systemPrompt: "a\0b" } }],
  [
    "a directory, and texts of 128 KiB together",
    "prompt",
    {
      workdir: "/work",
      claude: { systemPrompt: "x".repeat(65_536), appendSystemPrompt: "x".repeat(65_536), settings: "{}" }
    }
  ],
  [
    "a hook for every run, and texts of 128 KiB together",
    "prompt",
    { podman: { lifecycle: { postStart: ["npm ci"] } }, claude: { systemPrompt: "x".repeat(131_071) } }
  ],
  [
    "a directory, and quotes that a shell takes 128 KiB for",
    "prompt",
    { workdir: "/work", claude: { systemPrompt: "'".repeat(32_768) } }
  ],
  ["a system prompt with a lone surrogate", "claude.systemPrompt", { claude: { systemPrompt: half } }],
  ["a JSON Schema that is not JSON", "claude.jsonSchema", { claude: { jsonSchema: "{" } }],
  ["a JSON Schema that is a list", "claude.jsonSchema", { claude: { jsonSchema: "[]" } }],
  ["a JSON Schema that is null", "claude.jsonSchema", { claude: { jsonSchema: "null" } }],
  ["a JSON Schema without structure", "claude.jsonSchema", { claude: { jsonSchema: '{"title":"x"}' } }],
  ["a JSON Schema with a bad type", "claude.jsonSchema", { claude: { jsonSchema: '{"type":7}' } }],
  ["a JSON Schema with a bad list of types", "claude.jsonSchema", { claude: { jsonSchema: '{"type":["object",7]}' } }],
  [
    "a JSON Schema over 64 KiB",
    "claude.jsonSchema",
    { claude: { jsonSchema: `{"type":"object","title":"${"x".repeat(65_536)}"}` } }
  ],
  ["a negative budget", "claude.maxBudgetUsd", { claude: { maxBudgetUsd: -0.01 } }],
  ["a budget that is not a number", "claude.maxBudgetUsd", { claude: { maxBudgetUsd: Number.NaN } }],
  [
    "a budget that JSON cannot represent",
    "claude.maxBudgetUsd",
    { claude: { maxBudgetUsd: Number.POSITIVE_INFINITY } }
  ],
  ["a negative number of turns", "claude.maxTurns", { claude: { maxTurns: -1 } }],
  ["a fraction of a turn", "claude.maxTurns", { claude: { maxTurns: 0.5 } }],
  ["a directory that is not absolute", "workdir", { workdir: "work" }],
  ["a directory with ..", "workdir", { workdir: "/work/../etc" }],
  ["a directory with a space", "workdir", { workdir: "/my work" }],
  ["an empty directory", "workdir", { workdir: "" }],
  ["a directory of more than 4096 characters", "workdir", { workdir: `/${"w".repeat(4096)}` }],
  ["an endless timeout", "podman.timeout", { podman: { timeout: Duration.infinity } }],
  ["a timeout of zero", "podman.timeout", { podman: { timeout: 0 } }],
  ["a timeout that is not a number", "podman.timeout", { podman: { timeout: Number.NaN as 0 } }],
  ["a timeout that Go cannot represent", "podman.timeout", { podman: { timeout: Duration.days(200_000) } }],
  ["a number of CPUs that is not a number", "podman.cpus", { podman: { cpus: "two" } }],
  ["negative shares", "podman.cpuShares", { podman: { cpuShares: -1 } }],
  ["a variable that begins with a digit", "podman.secretsEnv.1BAD", { podman: { secretsEnv: { "1BAD": secret } } }],
  ["a variable with a dash", "podman.secretsEnv.A-B", { podman: { secretsEnv: { "A-B": secret } } }],
  ["LD_PRELOAD", "podman.secretsEnv.LD_PRELOAD", { podman: { secretsEnv: { LD_PRELOAD: secret } } }],
  ["LD_LIBRARY_PATH", "podman.secretsEnv.LD_LIBRARY_PATH", { podman: { secretsEnv: { LD_LIBRARY_PATH: secret } } }],
  ["a secret without a name", "podman.secretsEnv.A", { podman: { secretsEnv: { A: SecretName.make("") } } }],
  ["51 secrets", "podman.secretsEnv", { podman: { secretsEnv: names(51) } }],
  ["an empty hook", "podman.lifecycle.onCreateCommand", { podman: { lifecycle: { onCreateCommand: [] } } }],
  ["an empty hook after creation", "podman.lifecycle.postCreate", { podman: { lifecycle: { postCreate: [] } } }],
  ["an empty hook after the start", "podman.lifecycle.postStart", { podman: { lifecycle: { postStart: [] } } }],
  ["an empty command", "podman.lifecycle.postStart.1", { podman: { lifecycle: { postStart: ["true", ""] } } }],
  ["a command with a NUL", "podman.lifecycle.postStart.0", { podman: { lifecycle: { postStart: ["a\0b"] } } }],
  [
    "a command over 4096 bytes",
    "podman.lifecycle.postStart.0",
    { podman: { lifecycle: { postStart: ["é".repeat(2049)] } } }
  ],
  ["101 commands in a hook", "podman.lifecycle.postStart", { podman: { lifecycle: { postStart: commands(101) } } }],
  [
    "201 commands in all hooks",
    "podman.lifecycle",
    { podman: { lifecycle: { onCreateCommand: commands(100), postCreate: commands(100), postStart: ["true"] } } }
  ],
  [
    "64 KiB of commands and one byte",
    "podman.lifecycle",
    { podman: { lifecycle: { postStart: [...commands(16, "x".repeat(4096)), "x"] } } }
  ],
  [
    "an endless limit for hooks",
    "podman.lifecycle.hooksTimeout",
    { podman: { lifecycle: { hooksTimeout: Duration.infinity } } }
  ],
  [
    "a compose project without its file",
    "podman.environment.path",
    { podman: { environment: { type: "compose", service: "app" } } }
  ],
  [
    "a compose project without a service",
    "podman.environment.service",
    { podman: { environment: { type: "compose", path: "/srv/compose.yml" } } }
  ],
  [
    "a compose file that is not absolute",
    "podman.environment.path",
    { podman: { environment: { type: "compose", path: "compose.yml", service: "app" } } }
  ],
  [
    "a compose file with ..",
    "podman.environment.path",
    { podman: { environment: { type: "compose", path: "/srv/../compose.yml", service: "app" } } }
  ],
  [
    "a compose file of another kind",
    "podman.environment.path",
    { podman: { environment: { type: "compose", path: "/srv/compose.json", service: "app" } } }
  ]
]

const prompts: ReadonlyArray<readonly [what: string, prompt: string]> = [
  ["an empty prompt", ""],
  ["a prompt of 128 KiB", "x".repeat(131_072)],
  ["a prompt of 128 KiB in UTF-8 only", "é".repeat(65_536)],
  ["a prompt of 128 KiB with the line break before its dash", `-${"x".repeat(131_070)}`],
  ["a prompt with a NUL", "a\0b"],
  ["a prompt with a lone surrogate", `cut ${half}`]
]

const streams: ReadonlyArray<readonly [what: string, field: string, request: StreamRequest]> = [
  ["an empty prompt", "prompt", { prompt: "" }],
  ["a prompt of 128 KiB", "prompt", { prompt: "x".repeat(131_072) }],
  ["a prompt with a NUL", "prompt", { prompt: "a\0b" }],
  ["a prompt with a lone surrogate", "prompt", { prompt: half }],
  ["a directory that is not absolute", "workdir", { prompt: "hi", workdir: "work" }],
  ["a session id that is no UUID", "sessionId", { prompt: "hi", sessionId: SessionId.make("my-session") }],
  ["a session id with ..", "sessionId", { prompt: "hi", sessionId: SessionId.make("../x") }]
]

const nothingSent = Effect.map(requests, (sent) => expect(sent).toEqual([]))
const overServer = Effect.provide(services())

describe("a run", () => {
  for (const [what, field, request] of [
    ...prompts.map(([what, prompt]) => [what, "prompt", { prompt }] as const),
    ...runs.map(([what, field, rest]) => [what, field, { prompt: "hi", ...rest }] as const)
  ]) {
    it.effect(`is not sent with ${what}: \`${field}\` is named`, () =>
      Effect.gen(function* () {
        const failure = yield* Effect.flip((yield* Execution).run(request))
        expect(failure).toMatchObject(refused("Execution.run", field))
        expect(failure.message).toContain(field)
        yield* nothingSent
      }).pipe(overServer)
    )
  }

  it.effect("that is refused for its size names the limit in bytes", () =>
    Effect.gen(function* () {
      const failure = yield* Effect.flip((yield* Execution).run({ prompt: "x".repeat(131_072) }))
      expect(failure.message).toContain("131071 bytes")
    }).pipe(overServer)
  )

  it.effect("with texts of 128 KiB together is sent without a directory, where each has a limit of its own", () =>
    Effect.gen(function* () {
      const claude = { systemPrompt: "x".repeat(100_000) }
      expect((yield* (yield* Execution).run({ prompt: "x".repeat(100_000), claude }))._tag).toBe("Completed")
    }).pipe(overServer)
  )

  it.effect("that is refused does not quote the value, which may be long or secret", () =>
    Effect.gen(function* () {
      const long = sentence("canary").repeat(20_000)
      const failure = yield* Effect.flip((yield* Execution).run({ prompt: long }))
      expect(failure.message).not.toContain("canary")
      expect(failure.message.length).toBeLessThan(500)
    }).pipe(overServer)
  )
})

describe("a run in the background", () => {
  for (const [what, field, request] of [
    ["an empty prompt", "prompt", { prompt: "" }],
    ["resume without a session id", "claude.sessionId", { prompt: "hi", claude: { resume: true } }],
    ["a webhook that is not a URL", "webhookUrl", { prompt: "hi", webhookUrl: "hooks.test/x" }],
    ["a webhook by FTP", "webhookUrl", { prompt: "hi", webhookUrl: "ftp://hooks.test/x" }],
    ["a webhook without a host", "webhookUrl", { prompt: "hi", webhookUrl: "http://" }],
    ["an empty webhook", "webhookUrl", { prompt: "hi", webhookUrl: "" }]
  ] satisfies ReadonlyArray<readonly [string, string, AsyncRunRequest]>) {
    it.effect(`is not sent with ${what}: \`${field}\` is named`, () =>
      Effect.gen(function* () {
        expect(yield* Effect.flip((yield* Execution).runAsync(request))).toMatchObject(
          refused("Execution.runAsync", field)
        )
        yield* nothingSent
      }).pipe(overServer)
    )
  }
})

describe("a streamed run", () => {
  for (const [what, field, request] of streams) {
    it.effect(`is not sent with ${what}: \`${field}\` is named`, () =>
      Effect.gen(function* () {
        const failure = yield* Effect.flip(Stream.runDrain((yield* Execution).stream(request)))
        expect(failure).toMatchObject(refused("Execution.stream", field))
        yield* nothingSent
      }).pipe(overServer)
    )
  }
})
