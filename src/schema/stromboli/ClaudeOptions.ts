/** How Claude Code is started for a run or an agent. */
import * as Schema from "effect/Schema"
import { openLiteral } from "../openLiteral.js"
import { snakeCase } from "../snakeCase.js"
import { SessionId } from "./Identifiers.js"
import { atMostBytes, isSessionId, wellFormed } from "./requestValidation.js"

/** The largest system prompt, in bytes. */
export const maxSystemPromptBytes = 256 * 1024

/** The largest JSON Schema, in bytes. */
export const maxJsonSchemaBytes = 64 * 1024

/** `sonnet`, `opus`, `haiku`, or a full model id. */
export const Model = openLiteral("sonnet", "opus", "haiku")
export type Model = typeof Model.Type

const Strings = Schema.Array(Schema.String)
const SystemPrompt = Schema.String.pipe(Schema.filter(atMostBytes(maxSystemPromptBytes)), Schema.filter(wellFormed))

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
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return "must be a JSON Schema, as JSON text"
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return "must be a JSON object"
  const schema = parsed
  if (!structuralKeywords.some((keyword) => keyword in schema)) {
    return `must constrain the structure (with one of ${structuralKeywords.slice(0, 6).join(", ")}, …)`
  }
  const type: unknown = Reflect.get(schema, "type")
  const isTypeName =
    type === undefined ||
    typeof type === "string" ||
    (Array.isArray(type) && type.every((each) => typeof each === "string"))
  return isTypeName ? undefined : "must have a `type` that is a string or an array of strings"
}

const fields = {
  /** The conversation to start or, with `resume`, to continue. */
  sessionId: Schema.optional(SessionId.pipe(Schema.filter(isSessionId))),
  /** Continues `sessionId`, which is then required. */
  resume: Schema.optional(Schema.Boolean),
  /** Continues the most recent conversation. */
  continue: Schema.optional(Schema.Boolean),
  /** With `resume`: continues in a new session and leaves the old one unchanged. */
  forkSession: Schema.optional(Schema.Boolean),
  /** Does not save the session: it has no history and no usage afterwards. */
  noPersistence: Schema.optional(Schema.Boolean),
  /** The model that answers. */
  model: Schema.optional(Model),
  /** The model to use when the first one is overloaded. */
  fallbackModel: Schema.optional(Model),
  /** At most 256 KiB. */
  systemPrompt: Schema.optional(SystemPrompt),
  /** At most 256 KiB. */
  appendSystemPrompt: Schema.optional(SystemPrompt),
  /** The tools available to this run; `"default"` for all, `""` for none. */
  tools: Schema.optional(Strings),
  /** Patterns such as `Bash(git:*)`. */
  allowedTools: Schema.optional(Strings),
  /** Patterns as in `allowedTools`, for tools that must not be used. */
  disallowedTools: Schema.optional(Strings),
  /** What Claude may do without asking for permission. Unknown values are passed on. */
  permissionMode: Schema.optional(
    openLiteral("acceptEdits", "bypassPermissions", "default", "delegate", "dontAsk", "plan")
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
  mcpConfigs: Schema.optional(Strings),
  /** Uses only the MCP servers in `mcpConfigs`. */
  strictMcpConfig: Schema.optional(Schema.Boolean),
  /** The name of the agent that the run starts as. */
  agent: Schema.optional(Schema.String),
  /** Agents defined for this run, by name. */
  agents: Schema.optional(Schema.Record({ key: Schema.String, value: Schema.Unknown })),
  /** Directories that tools may use, besides the working directory. */
  addDirs: Schema.optional(Strings),
  /** Directories that plugins are loaded from. */
  pluginDirs: Schema.optional(Strings),
  /** `file_id:path` */
  files: Schema.optional(Strings),
  /** A path or JSON. */
  settings: Schema.optional(Schema.String),
  /** The sources that settings are loaded from. */
  settingSources: Schema.optional(Schema.Array(openLiteral("user", "project", "local"))),
  /** Beta features to request from the API. */
  betas: Schema.optional(Strings),
  /** Prints every turn. Required for `stream-json` output. */
  verbose: Schema.optional(Schema.Boolean),
  /** What to log, for example `api,hooks`. */
  debug: Schema.optional(Schema.String),
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
export interface ClaudeOptions extends Schema.Struct.Type<typeof fields> {}

const resumeNeedsSession = (options: ClaudeOptions) =>
  options.resume !== true || options.sessionId !== undefined
    ? undefined
    : { path: ["sessionId"], message: "is required with `resume`" }

export const ClaudeOptions = snakeCase(fields).pipe(Schema.filter(resumeNeedsSession))
