/** The bodies of requests, as Go structs. */
import type * as Go from "./go/decoder.js"
import * as decoder from "./go/decoder.js"

// Written by hand from the wire contract and deliberately independent of the client's schemas: a test of the client
// against this server must not compare the client with itself.

/** `claude` of a run or an agent. */
export const claudeOptions = decoder.struct("types.ClaudeOptions", {
  session_id: decoder.string,
  resume: decoder.bool,
  continue: decoder.bool,
  fork_session: decoder.bool,
  no_persistence: decoder.bool,
  model: decoder.string,
  fallback_model: decoder.string,
  system_prompt: decoder.string,
  append_system_prompt: decoder.string,
  tools: decoder.strings,
  allowed_tools: decoder.strings,
  disallowed_tools: decoder.strings,
  permission_mode: decoder.string,
  dangerously_skip_permissions: decoder.bool,
  allow_dangerously_skip_permissions: decoder.bool,
  input_format: decoder.string,
  output_format: decoder.string,
  include_partial_messages: decoder.bool,
  replay_user_messages: decoder.bool,
  json_schema: decoder.string,
  max_budget_usd: decoder.optionalFloat,
  max_turns: decoder.optionalInt,
  mcp_configs: decoder.strings,
  strict_mcp_config: decoder.bool,
  agent: decoder.string,
  agents: decoder.anyObject,
  add_dirs: decoder.strings,
  plugin_dirs: decoder.strings,
  files: decoder.strings,
  settings: decoder.string,
  setting_sources: decoder.strings,
  betas: decoder.strings,
  verbose: decoder.bool,
  debug: decoder.string,
  disable_slash_commands: decoder.bool,
  effort: decoder.string,
  prompt_caching_ttl: decoder.string,
  bedrock_service_tier: decoder.string,
  enable_powershell_tool: decoder.bool
})

/** `podman.lifecycle` of a run. */
export const lifecycleHooks = decoder.struct("types.LifecycleHooks", {
  on_create_command: decoder.strings,
  post_create: decoder.strings,
  post_start: decoder.strings,
  hooks_timeout: decoder.string
})

/** `podman.environment` of a run. */
export const environmentConfig = decoder.struct("types.EnvironmentConfig", {
  type: decoder.string,
  path: decoder.string,
  service: decoder.string,
  build_timeout: decoder.string
})

/** `podman` of a run. */
export const podmanOptions = decoder.struct("types.PodmanOptions", {
  image: decoder.string,
  volumes: decoder.strings,
  secrets_env: decoder.stringMap,
  timeout: decoder.string,
  memory: decoder.string,
  cpus: decoder.string,
  cpu_shares: decoder.optionalInt64,
  lifecycle: lifecycleHooks,
  environment: environmentConfig
})

/** The body of `POST /run` and `POST /run/async`. */
export const runRequest = decoder.struct("api.RunRequest", {
  prompt: decoder.string,
  workdir: decoder.string,
  webhook_url: decoder.string,
  claude: claudeOptions,
  podman: podmanOptions
})

/** The body of `POST /agents`. */
export const createAgentRequest = decoder.struct("agent.CreateRequest", {
  prompt: decoder.string,
  workdir: decoder.string,
  idle_timeout_seconds: decoder.int,
  disable_idle_timeout: decoder.bool,
  claude: claudeOptions
})

/** The body of `POST /agents/{id}/send`. */
export const sendAgentRequest = decoder.struct("api.SendAgentRequest", { prompt: decoder.string })
/** The body of `POST /auth/token`. */
export const tokenRequest = decoder.struct("api.TokenRequest", { client_id: decoder.string })
/** The body of `POST /auth/refresh`. */
export const refreshRequest = decoder.struct("api.RefreshRequest", { refresh_token: decoder.string })
/** The body of `POST /secrets`. */
export const createSecretRequest = decoder.struct("api.CreateSecretRequest", {
  name: decoder.string,
  value: decoder.string
})
/** The body of `POST /images/pull`. */
export const imagePullRequest = decoder.struct("api.ImagePullRequest", {
  image: decoder.string,
  platform: decoder.string,
  quiet: decoder.bool
})

type Decoded<D> = D extends Go.Decoder<infer A> ? A : never

/** Every option of the Claude CLI, by its wire name. Absent strings are empty, absent lists `undefined`. */
export interface ClaudeOptions extends Decoded<typeof claudeOptions> {}
/** Everything that configures the container of a run, by its wire name. */
export interface PodmanOptions extends Decoded<typeof podmanOptions> {}
/** The hooks of a run's container. */
export interface LifecycleHooks extends Decoded<typeof lifecycleHooks> {}
/** A decoded run request. */
export interface RunRequest extends Decoded<typeof runRequest> {}
/** A decoded request for an agent. */
export interface CreateAgentRequest extends Decoded<typeof createAgentRequest> {}
