/** Runs on the wire: every option under its wire name. */
import { describe, expect, expectTypeOf, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { ClaudeOptions } from "../../../../src/schema/stromboli/ClaudeOptions.js"
import { SecretName, SessionId } from "../../../../src/schema/stromboli/Identifiers.js"
import type {
  EnvironmentConfig,
  LifecycleHooks,
  PodmanOptions
} from "../../../../src/schema/stromboli/PodmanOptions.js"
import { type AsyncRunRequest, RunRequest } from "../../../../src/schema/stromboli/Run.js"
import { Agents } from "../../../../src/services/stromboli/agents/Agents.js"
import { Execution } from "../../../../src/services/stromboli/execution/Execution.js"
import * as Session from "../../../../src/services/stromboli/sessions/Session.js"
import { lastBody, requests, services } from "../../../support/embedded.js"

const sessionId = SessionId.make("6f9619ff-8b86-4011-b42d-00cf4fc964ff")

// `Required`: a field that is added to the options and not to this file does not compile.
const claude: Required<ClaudeOptions> = {
  sessionId,
  resume: true,
  continue: true,
  forkSession: true,
  noPersistence: true,
  model: "opus",
  fallbackModel: "claude-sonnet-4-20250514",
  systemPrompt: "Be brief.",
  appendSystemPrompt: "Be kind.",
  tools: ["Bash", ""],
  allowedTools: ["Bash(git:*)"],
  disallowedTools: ["WebFetch"],
  permissionMode: "acceptEdits",
  dangerouslySkipPermissions: true,
  allowDangerouslySkipPermissions: false,
  inputFormat: "text",
  outputFormat: "text",
  includePartialMessages: false,
  replayUserMessages: true,
  jsonSchema: '{"type":"object"}',
  maxBudgetUsd: 0,
  maxTurns: 0,
  mcpConfigs: ["/etc/mcp.json"],
  strictMcpConfig: true,
  agent: "reviewer",
  agents: { reviewer: { description: "reads", tools: null } },
  addDirs: ["/data"],
  pluginDirs: ["/plugins"],
  files: ["file_1:/a.txt"],
  settings: "{}",
  settingSources: ["user", "project", "local"],
  betas: ["context-1m"],
  verbose: true,
  debug: "api,hooks",
  disableSlashCommands: true,
  effort: "xhigh",
  promptCachingTtl: "1h",
  bedrockServiceTier: "flex",
  enablePowershellTool: false
}

const lifecycle: Required<LifecycleHooks> = {
  onCreateCommand: ["npm ci"],
  postCreate: ["npm run build", "npm test"],
  postStart: ["echo ready"],
  hooksTimeout: Duration.minutes(2)
}

const environment: Required<EnvironmentConfig> = {
  type: "compose",
  path: "/srv/compose.yml",
  service: "app",
  buildTimeout: "10 minutes"
}

const podman: Required<PodmanOptions> = {
  image: "python:3.12",
  volumes: ["/data/in:/in:ro"],
  secretsEnv: { DATABASE_URL: SecretName.make("database") },
  timeout: "90 seconds",
  memory: "1g",
  cpus: "0.5",
  cpuShares: 0,
  lifecycle,
  environment
}

/** What is added to a request without settings of its own. */
const settings = '{"env":{"CLAUDE_CODE_DISABLE_BACKGROUND_TASKS":"1"}}'

const request: Required<AsyncRunRequest> = {
  prompt: "Größe: 10 €\n",
  workdir: "/workspace/a-b_c.d",
  claude,
  podman,
  webhookUrl: "https://hooks.test/stromboli?x=1",
  backgroundTasks: false
}

const wire = {
  prompt: "Größe: 10 €\n",
  workdir: "/workspace/a-b_c.d",
  claude: {
    session_id: "6f9619ff-8b86-4011-b42d-00cf4fc964ff",
    resume: true,
    continue: true,
    fork_session: true,
    no_persistence: true,
    model: "opus",
    fallback_model: "claude-sonnet-4-20250514",
    system_prompt: "Be brief.",
    append_system_prompt: "Be kind.",
    tools: ["Bash", ""],
    allowed_tools: ["Bash(git:*)"],
    disallowed_tools: ["WebFetch"],
    permission_mode: "acceptEdits",
    dangerously_skip_permissions: true,
    allow_dangerously_skip_permissions: false,
    input_format: "text",
    output_format: "text",
    include_partial_messages: false,
    replay_user_messages: true,
    json_schema: '{"type":"object"}',
    max_budget_usd: 0,
    max_turns: 0,
    mcp_configs: ["/etc/mcp.json"],
    strict_mcp_config: true,
    agent: "reviewer",
    agents: { reviewer: { description: "reads", tools: null } },
    add_dirs: ["/data"],
    plugin_dirs: ["/plugins"],
    files: ["file_1:/a.txt"],
    settings,
    setting_sources: ["user", "project", "local"],
    betas: ["context-1m"],
    verbose: true,
    debug: "api,hooks",
    disable_slash_commands: true,
    effort: "xhigh",
    prompt_caching_ttl: "1h",
    bedrock_service_tier: "flex",
    enable_powershell_tool: false
  },
  podman: {
    image: "python:3.12",
    volumes: ["/data/in:/in:ro"],
    secrets_env: { DATABASE_URL: "database" },
    timeout: "90000ms",
    memory: "1g",
    cpus: "0.5",
    cpu_shares: 0,
    lifecycle: {
      on_create_command: ["npm ci"],
      post_create: ["npm run build", "npm test"],
      post_start: ["echo ready"],
      hooks_timeout: "120000ms"
    },
    environment: { type: "compose", path: "/srv/compose.yml", service: "app", build_timeout: "600000ms" }
  },
  webhook_url: "https://hooks.test/stromboli?x=1"
}

const overServer = Effect.provide(
  services({ server: { allowedVolumes: ["/data"], secrets: { database: "postgres://" } } })
)

describe("the request of a run", () => {
  it.effect("carries every option under its wire name, and the server accepts it", () =>
    Effect.gen(function* () {
      const { webhookUrl: _, ...unattended } = request
      const { webhook_url: __, ...expected } = wire
      const execution = yield* Execution
      yield* execution.run({ prompt: "The session to resume.", claude: { sessionId }, podman: { environment } })
      const result = yield* execution.run(unattended)
      expect(result._tag).toBe("Completed")
      expect(yield* lastBody).toEqual(expected)
    }).pipe(overServer)
  )

  it.effect("carries every option and the webhook URL when it runs in the background", () =>
    Effect.gen(function* () {
      yield* (yield* Execution).runAsync(request)
      expect(yield* lastBody).toEqual(wire)
      expect((yield* requests)[0]).toMatchObject({ method: "POST", path: "/run/async" })
    }).pipe(overServer)
  )

  it.effect("carries nothing but the given options", () =>
    Effect.gen(function* () {
      yield* (yield* Execution).run({ prompt: "hi", workdir: undefined, claude: { model: undefined }, podman: {} })
      expect(yield* lastBody).toEqual({ prompt: "hi", claude: { settings }, podman: {} })
      const [sent] = yield* requests
      expect(sent).toMatchObject({ method: "POST", path: "/run", query: {} })
      expect(sent?.headers["content-type"]).toBe("application/json")
    }).pipe(overServer)
  )

  for (const [given, sent] of [
    ["300 millis", "300ms"],
    ["1 minute", "60000ms"],
    [Duration.hours(1), "3600000ms"],
    [Duration.micros(1500n), "1.5ms"],
    [Duration.millis(250), "250ms"]
  ] as const) {
    it.effect(`writes the duration ${Duration.format(given)} as Go reads it: ${sent}`, () =>
      Effect.gen(function* () {
        const result = yield* (yield* Execution).run({ prompt: "hi", podman: { timeout: given } })
        expect(result._tag).toBe("Completed")
        expect(yield* lastBody).toEqual({ prompt: "hi", claude: { settings }, podman: { timeout: sent } })
      }).pipe(overServer)
    )
  }

  // What `claude --permission-mode` takes today, and a mode that it may take tomorrow.
  const modes = ["acceptEdits", "auto", "bypassPermissions", "default", "dontAsk", "manual", "plan", "tomorrow's"]
  it.effect.each(modes)("carries the permission mode %s", (permissionMode) =>
    Effect.gen(function* () {
      yield* (yield* Execution).run({ prompt: "hi", claude: { permissionMode } })
      expect(yield* lastBody).toMatchObject({ claude: { permission_mode: permissionMode } })
    }).pipe(overServer)
  )

  it("suggests every permission mode of today to editors", () => {
    type Mode = "acceptEdits" | "auto" | "bypassPermissions" | "default" | "dontAsk" | "manual" | "plan"
    type Suggested = ClaudeOptions["permissionMode"]
    expectTypeOf<Extract<Suggested, Mode>>().toEqualTypeOf<Mode>()
    expectTypeOf<Extract<Suggested, "delegate">>().toBeNever()
  })

  it.effect("carries the longest prompt that fits on a command line, whole", () =>
    Effect.gen(function* () {
      const prompt = `x${"é".repeat(65_535)}`
      const result = yield* (yield* Execution).run({ prompt })
      expect(result.output).toBe(`You said: ${prompt}`)
    }).pipe(overServer)
  )

  it.effect("carries a streamed prompt, its directory and its session in the query", () =>
    Effect.gen(function* () {
      yield* Stream.runDrain((yield* Execution).stream({ prompt: "a+b & c=d?\n€", workdir: "/w", sessionId }))
      expect((yield* requests)[0]).toMatchObject({
        method: "GET",
        path: "/run/stream",
        query: { prompt: "a+b & c=d?\n€", workdir: "/w", session_id: sessionId },
        body: ""
      })
    }).pipe(overServer)
  )

  it.effect("carries the longest streamed prompt that fits on a command line, whole", () =>
    Effect.gen(function* () {
      const prompt = `x${"é".repeat(65_535)}`
      yield* Stream.runDrain((yield* Execution).stream({ prompt }))
      expect((yield* requests)[0]?.query["prompt"]).toBe(prompt)
    }).pipe(overServer)
  )
})

describe("a prompt that begins with a dash", () => {
  const sent = Effect.map(requests, (all) =>
    all.map(({ body, query }) => (body === "" ? query["prompt"] : JSON.parse(body).prompt))
  )

  it.effect("has a line break before it on every command line, because Claude Code takes it for an option", () =>
    Effect.gen(function* () {
      const execution = yield* Execution
      const prompt = "--version"
      yield* execution.run({ prompt })
      yield* execution.runAsync({ prompt })
      yield* Stream.runDrain(execution.stream({ prompt }))
      yield* Effect.ignore(execution.runStructured(Schema.Struct({ a: Schema.String }), { prompt }))
      yield* Effect.scoped(Effect.flatMap(Session.make(), (session) => session.run({ prompt })))
      expect(yield* sent).toEqual(Array.from({ length: 5 }, () => "\n--version"))
    }).pipe(overServer)
  )

  it.effect("is sent to an agent as it is, because agents have no prompt on their command line", () =>
    Effect.gen(function* () {
      const agents = yield* Agents
      const { id } = yield* agents.create()
      yield* agents.send(id, "- a list")
      expect(yield* lastBody).toEqual({ prompt: "- a list" })
    }).pipe(Effect.provide(Agents.layer.pipe(Layer.provideMerge(services()))))
  )

  it.prop("is the only kind of prompt that is changed", [FastCheck.string({ minLength: 1 })], ([prompt]) => {
    const request = { prompt, claude: {}, backgroundTasks: true }
    const body = Either.getOrNull(Schema.encodeEither(RunRequest)(request))
    const wellFormed = !/\p{Surrogate}/u.test(prompt) && !prompt.includes("\0")
    expect(body).toEqual(wellFormed ? { prompt: prompt.startsWith("-") ? `\n${prompt}` : prompt, claude: {} } : null)
  })
})

describe("background tasks of Claude Code", () => {
  const settingsOf = (claude: ClaudeOptions, backgroundTasks?: boolean) =>
    Effect.gen(function* () {
      yield* (yield* Execution).run({ prompt: "hi", claude, backgroundTasks })
      const { claude: sent }: { claude?: { settings?: string } } = JSON.parse((yield* requests).at(-1)?.body ?? "{}")
      return sent?.settings
    })

  it.effect("are switched off in the caller's own settings, which stay as they are", () =>
    Effect.gen(function* () {
      const own = { model: "opus", env: { A: "1" }, hooks: { Stop: [] } }
      const sent = yield* settingsOf({ settings: JSON.stringify(own) })
      expect(JSON.parse(sent ?? "")).toEqual({
        ...own,
        env: { A: "1", CLAUDE_CODE_DISABLE_BACKGROUND_TASKS: "1" }
      })
    }).pipe(overServer)
  )

  it.effect("are left alone where the caller's settings have the variable, or the option allows them", () =>
    Effect.gen(function* () {
      const own = '{"env":{"CLAUDE_CODE_DISABLE_BACKGROUND_TASKS":"0"}}'
      expect(yield* settingsOf({ settings: own })).toBe(own)
      expect(yield* settingsOf({ settings: "/etc/claude.json" }, true)).toBe("/etc/claude.json")
      expect(yield* settingsOf({}, true)).toBeUndefined()
      expect(yield* lastBody).not.toHaveProperty("background_tasks")
    }).pipe(overServer)
  )

  it.effect("are switched off in every kind of run whose last result is all that is printed", () =>
    Effect.gen(function* () {
      const execution = yield* Execution
      yield* execution.runAsync({ prompt: "hi" })
      yield* Effect.ignore(execution.runStructured(Schema.Struct({ a: Schema.String }), { prompt: "hi" }))
      yield* Effect.scoped(Effect.flatMap(Session.make(), (session) => session.run({ prompt: "hi" })))
      const bodies: ReadonlyArray<{ claude?: { settings?: string } }> = (yield* requests).map(({ body }) =>
        JSON.parse(body)
      )
      expect(bodies.map(({ claude: sent }) => sent?.settings)).toEqual([settings, settings, settings])
    }).pipe(overServer)
  )

  for (const [what, own] of [
    ["a path", "/etc/claude.json"],
    ["broken JSON", "{"],
    ["a list", "[]"],
    ["null", "null"],
    ["an `env` of another kind", '{"env":[]}'],
    ["JSON nested too deeply", "[".repeat(50_000)]
  ] as const) {
    it.effect(`cannot be switched off in ${what}, which is refused`, () =>
      Effect.gen(function* () {
        const failure = yield* Effect.flip((yield* Execution).run({ prompt: "hi", claude: { settings: own } }))
        expect(failure).toMatchObject({ _tag: "InvalidRequest", field: "claude.settings", admitted: "no" })
        expect(yield* requests).toEqual([])
      }).pipe(overServer)
    )
  }
})
