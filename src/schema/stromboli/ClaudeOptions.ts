/** How Claude Code is started for a run or an agent. */
import * as Schema from "effect/Schema"
import { isObject, parsedJson } from "../jsonFields.js"
import { openLiteral } from "../openLiteral.js"
import { snakeCase } from "../snakeCase.js"
import { SessionId } from "./Identifiers.js"
import { Argument, atMostBytes, byteLength, isSessionId, maxArgumentBytes, quotedBytes } from "./requestValidation.js"

/** The largest JSON Schema, in bytes. */
export const maxJsonSchemaBytes = 64 * 1024

/** `sonnet`, `opus`, `haiku`, or a full model id. */
export const Model = openLiteral("sonnet", "opus", "haiku")
export type Model = typeof Model.Type

const Arguments = Schema.Array(Argument)

/** The agents as the argument that they become; `undefined` if they are not JSON. */
const agentsAsJson = (agents: { readonly [name: string]: unknown }): string | undefined => {
  try {
    return JSON.stringify(agents)
  } catch {
    return undefined
  }
}

const agentsProblem = (agents: { readonly [name: string]: unknown }): string | undefined => {
  const json = agentsAsJson(agents)
  // What has no JSON is refused with its path when the body is built.
  return json !== undefined && byteLength(json) > maxArgumentBytes
    ? `must not exceed ${maxArgumentBytes} bytes as JSON`
    : undefined
}

const structuralKeywords = [
  "type",
  "properties",
  "items",
  "enum",
  "const",
  "anyOf",
  "oneOf",
  "allOf",
  "not",
  "$ref",
  "$defs",
  "required",
  "additionalProperties",
  "patternProperties"
]

const jsonSchemaProblem = (text: string): string | undefined => {
  const schema = parsedJson(text)
  if (schema === undefined) return "must be a JSON Schema, as JSON text"
  if (!isObject(schema)) return "must be a JSON object"
  if (!structuralKeywords.some((keyword) => keyword in schema)) {
    return `must constrain the structure (with one of ${structuralKeywords.slice(0, 6).join(", ")}, …)`
  }
  const type = schema["type"]
  const isTypeName =
    type === undefined ||
    typeof type === "string" ||
    (Array.isArray(type) && type.every((each) => typeof each === "string"))
  return isTypeName ? undefined : "must have a `type` that is a string or an array of strings"
}

export const claudeFields = {
  /**
   * The conversation to start or, with `resume`, to continue: a UUID. A run in a session that exists fails with
   * `Conflict` without `resume`, and in one that does not exist with `NotFound` with it. Agents ignore it: their
   * session id is always a new one.
   */
  sessionId: Schema.optional(SessionId.pipe(Schema.filter(isSessionId))),
  /** Continues `sessionId`, which is then required. Not for agents: see `Agents.create`. */
  resume: Schema.optional(Schema.Boolean),
  /**
   * Continues the most recent conversation. It always fails: the server adds a session id, and Claude Code refuses the
   * two together. Use `sessionId` with `resume`.
   */
  continue: Schema.optional(Schema.Boolean),
  /** With `resume`: continues in a new session and leaves the old one unchanged. */
  forkSession: Schema.optional(Schema.Boolean),
  /** Does not save the session: it has no history and no usage afterwards. */
  noPersistence: Schema.optional(Schema.Boolean),
  /** The model that answers. */
  model: Schema.optional(Model),
  /** The model to use when the first one is overloaded. */
  fallbackModel: Schema.optional(Model),
  /** At most 131,071 bytes. */
  systemPrompt: Schema.optional(Argument),
  /** At most 131,071 bytes. */
  appendSystemPrompt: Schema.optional(Argument),
  /** The tools available to this run; `"default"` for all, `""` for none. */
  tools: Schema.optional(Arguments),
  /** Patterns such as `Bash(git:*)`. */
  allowedTools: Schema.optional(Arguments),
  /** Patterns as in `allowedTools`, for tools that must not be used. */
  disallowedTools: Schema.optional(Arguments),
  /** What Claude may do without asking for permission. Unknown values are passed on. */
  permissionMode: Schema.optional(
    openLiteral("acceptEdits", "auto", "bypassPermissions", "default", "dontAsk", "manual", "plan")
  ),
  /** Skips all permission prompts. */
  dangerouslySkipPermissions: Schema.optional(Schema.Boolean),
  /** Allows skipping them later, without doing so from the start. */
  allowDangerouslySkipPermissions: Schema.optional(Schema.Boolean),
  /** The format of the input: `text` or `stream-json`. */
  inputFormat: Schema.optional(openLiteral("text", "stream-json")),
  /** Default `text`. `stream-json` needs `verbose`. */
  outputFormat: Schema.optional(openLiteral("text", "json", "stream-json")),
  /** Prints partial messages as they arrive. Needs `outputFormat: "stream-json"`. */
  includePartialMessages: Schema.optional(Schema.Boolean),
  /** Prints the user's messages, too. Needs `stream-json` for input and output. */
  replayUserMessages: Schema.optional(Schema.Boolean),
  /** A JSON Schema, serialised; at most 64 KiB. `Execution.runStructured` derives it from an Effect Schema. */
  jsonSchema: Schema.optional(
    Schema.String.pipe(Schema.filter(atMostBytes(maxJsonSchemaBytes)), Schema.filter(jsonSchemaProblem))
  ),
  /** In US dollars; `0` is sent as zero, which servers before 0.4.1 read as "no limit". */
  maxBudgetUsd: Schema.optional(Schema.NonNegative.pipe(Schema.finite())),
  /** `0` means unlimited; without it, Claude decides. */
  maxTurns: Schema.optional(Schema.NonNegativeInt),
  /** File paths or JSON. */
  mcpConfigs: Schema.optional(Arguments),
  /** Uses only the MCP servers in `mcpConfigs`. */
  strictMcpConfig: Schema.optional(Schema.Boolean),
  /** The name of the agent that the run starts as. */
  agent: Schema.optional(Argument),
  /** Agents defined for this run, by name; at most 131,071 bytes as JSON. */
  agents: Schema.optional(
    Schema.Record({ key: Schema.String, value: Schema.Unknown }).pipe(Schema.filter(agentsProblem))
  ),
  /** Directories that tools may use, besides the working directory. */
  addDirs: Schema.optional(Arguments),
  /** Directories that plugins are loaded from. */
  pluginDirs: Schema.optional(Arguments),
  /** `file_id:path` */
  files: Schema.optional(Arguments),
  /** A path or JSON. For a run, only JSON, unless `backgroundTasks` is set. At most 131,071 bytes. */
  settings: Schema.optional(Argument),
  /** The sources that settings are loaded from. */
  settingSources: Schema.optional(Schema.Array(openLiteral("user", "project", "local"))),
  /** Beta features to request from the API. */
  betas: Schema.optional(Arguments),
  /** Prints every turn. Required for `stream-json` output. */
  verbose: Schema.optional(Schema.Boolean),
  /** What to log, for example `api,hooks`. */
  debug: Schema.optional(Argument),
  /** Disables slash commands. */
  disableSlashCommands: Schema.optional(Schema.Boolean),
  /** Server 0.5.0 or newer. */
  effort: Schema.optional(openLiteral("low", "medium", "high", "xhigh", "max")),
  /** Server 0.5.0 or newer. Other values are refused here, because the server would ignore them. */
  promptCachingTtl: Schema.optional(Schema.Literal("5m", "1h")),
  /** Server 0.5.0 or newer. */
  bedrockServiceTier: Schema.optional(openLiteral("default", "flex", "priority")),
  /** Server 0.5.0 or newer. */
  enablePowershellTool: Schema.optional(Schema.Boolean)
}

/** The options of Claude Code. All are optional; the server has defaults. */
export interface ClaudeOptions extends Schema.Struct.Type<typeof claudeFields> {}

const resumeNeedsSession = (options: ClaudeOptions) =>
  options.resume !== true || options.sessionId !== undefined
    ? undefined
    : { path: ["sessionId"], message: "is required with `resume`" }

export const ClaudeOptions = snakeCase(claudeFields).pipe(Schema.filter(resumeNeedsSession))

/** The bytes of all texts that these options put on the command line, quoted for a shell. */
export const shellBytes = ({ agents, ...options }: ClaudeOptions): number =>
  Object.values(options)
    .flat()
    .concat(agents === undefined ? [] : agentsAsJson(agents))
    .reduce<number>((sum, value) => sum + (typeof value === "string" ? quotedBytes(value) : 0), 0)
