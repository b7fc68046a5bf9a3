/** The command line of the `claude` CLI. */
import * as GoJson from "../go/json.js"
import type { ClaudeOptions } from "../wire.js"

type Arguments = ReadonlyArray<string>

const flag = (name: string, on: boolean): Arguments => (on ? [name] : [])
const option = (name: string, value: string): Arguments => (value === "" ? [] : [name, value])
const each = (name: string, values: ReadonlyArray<string> | undefined): Arguments =>
  values === undefined || values.length === 0 ? [] : [name, ...values]
const repeated = (name: string, values: ReadonlyArray<string> | undefined): Arguments =>
  (values ?? []).flatMap((value) => [name, value])
const joined = (name: string, values: ReadonlyArray<string> | undefined): Arguments =>
  values === undefined || values.length === 0 ? [] : [name, values.join(",")]

/** What is not an option of the CLI but has to be on its command line. */
export interface Invocation {
  /** A bare word, as on the real server: if it begins with a dash, the CLI takes it for an option. Absent: on stdin. */
  readonly prompt?: string
  readonly sessionId: string
  readonly resume: boolean
}

/**
 * The arguments of the `claude` CLI for a set of options, in print mode. Options that the server turns into environment
 * variables (cache lifetime, Bedrock tier, PowerShell) have no argument and are left out.
 */
export const commandLine = (claude: ClaudeOptions, session: Invocation): Arguments => [
  "-p",
  ...(session.prompt === undefined ? [] : [session.prompt]),
  session.resume ? "--resume" : "--session-id",
  session.sessionId,
  ...flag("--continue", claude.continue),
  ...flag("--fork-session", claude.fork_session),
  ...flag("--no-session-persistence", claude.no_persistence),
  ...option("--model", claude.model),
  ...option("--fallback-model", claude.fallback_model),
  ...option("--effort", claude.effort),
  ...option("--system-prompt", claude.system_prompt),
  ...option("--append-system-prompt", claude.append_system_prompt),
  ...each("--tools", claude.tools),
  ...joined("--allowedTools", claude.allowed_tools),
  ...joined("--disallowedTools", claude.disallowed_tools),
  ...option("--permission-mode", claude.permission_mode),
  ...flag("--dangerously-skip-permissions", claude.dangerously_skip_permissions),
  ...flag("--allow-dangerously-skip-permissions", claude.allow_dangerously_skip_permissions),
  ...option("--input-format", claude.input_format),
  ...option("--output-format", claude.output_format),
  ...flag("--include-partial-messages", claude.include_partial_messages),
  ...flag("--replay-user-messages", claude.replay_user_messages),
  ...option("--json-schema", claude.json_schema),
  ...(claude.max_budget_usd === undefined ? [] : ["--max-budget-usd", claude.max_budget_usd.toFixed(2)]),
  ...(claude.max_turns === undefined ? [] : ["--max-turns", String(claude.max_turns)]),
  ...each("--mcp-config", claude.mcp_configs),
  ...flag("--strict-mcp-config", claude.strict_mcp_config),
  ...option("--agent", claude.agent),
  ...(claude.agents === undefined ? [] : ["--agents", GoJson.stringify(claude.agents)]),
  ...each("--add-dir", claude.add_dirs),
  // This one takes a single value: of two, the second would be a part of the prompt.
  ...repeated("--plugin-dir", claude.plugin_dirs),
  ...each("--file", claude.files),
  ...option("--settings", claude.settings),
  ...joined("--setting-sources", claude.setting_sources),
  ...each("--betas", claude.betas),
  ...flag("--verbose", claude.verbose),
  ...option("--debug", claude.debug),
  ...flag("--disable-slash-commands", claude.disable_slash_commands)
]
