/** What Claude Code is told before it starts. Every option means the same in every place, or is refused there. */
import * as Either from "effect/Either"
import { isFunction } from "effect/Predicate"
import * as Schema from "effect/Schema"
import type { InvalidRequest } from "../errors/ApiError.js"
import type { Problem } from "../internal/arguments.js"
import { describeParseError, invalidRequest } from "../internal/failure.js"
import { type ClaudeOptions, claudeFields } from "../schema/stromboli/ClaudeOptions.js"
import { SessionId } from "../schema/stromboli/Identifiers.js"
import {
  Argument,
  byteLength,
  isSessionId,
  maxArgumentBytes,
  notEmpty,
  wellFormed
} from "../schema/stromboli/requestValidation.js"
import { configurationOf, McpServers } from "./McpServer.js"
import type { Answerer } from "./Permission.js"

/** The options of Claude Code that are the same as for Stromboli. */
type SharedOption =
  | "model"
  | "fallbackModel"
  | "systemPrompt"
  | "appendSystemPrompt"
  | "tools"
  | "allowedTools"
  | "disallowedTools"
  | "permissionMode"
  | "dangerouslySkipPermissions"
  | "maxTurns"
  | "maxBudgetUsd"
  | "strictMcpConfig"
  | "agent"
  | "agents"
  | "addDirs"
  | "pluginDirs"
  | "settings"
  | "settingSources"
  | "betas"
  | "effort"
  | "disableSlashCommands"

/** How Claude Code is started. All options are optional. */
export interface Options extends Pick<ClaudeOptions, SharedOption> {
  /** Where Claude works; it must exist, except in Stromboli. Default: the directory of the place. */
  readonly workingDirectory?: string | undefined
  /** The id of the new session: a UUID. Default: one of our own. */
  readonly sessionId?: SessionId | undefined
  /** Continues the session with this id, which must exist in the place. */
  readonly resume?: SessionId | undefined
  /** With `resume`: continues in a new session and leaves the old one unchanged. */
  readonly forkSession?: boolean | undefined
  /** Servers whose tools Claude may use, by name. Using them needs permission, as for any other tool. */
  readonly mcpServers?: McpServers | undefined
  /** Answers Claude's questions whether it may use a tool. Without it, what needs a permission is denied. */
  readonly onPermission?: Answerer | undefined
  /**
   * Lets Claude work in background tasks. When one ends, Claude takes a turn of its own. Default `true` for `converse`,
   * and `false` for what gives one answer.
   */
  readonly backgroundTasks?: boolean | undefined
}

/** A prompt, and how Claude Code is started for it. */
export interface RunOptions extends Options {
  /** Must not be blank. It may be of any length, except in Stromboli. */
  readonly prompt: string
}

/** A prompt whose messages are streamed. */
export interface StreamOptions extends RunOptions {
  /** Emits `Partial` messages as well; default `false`. They are a preview: see `PartialMessage`. */
  readonly includePartialMessages?: boolean | undefined
}

/** A conversation to begin. */
export interface ConverseOptions extends Options {
  /** Emits `Partial` messages as well; default `false`. They are a preview: see `PartialMessage`. */
  readonly includePartialMessages?: boolean | undefined
}

const isAnswerer = (value: unknown): value is Answerer => isFunction(value)

const Id = SessionId.pipe(Schema.filter(isSessionId))

/** An empty list is no tool; left out, it would be all of them. */
export const toolsOf = ({ tools }: Options): ReadonlyArray<string> | undefined => (tools?.length === 0 ? [""] : tools)

/** A prompt: text with something in it. */
const Prompt = Schema.String.pipe(
  Schema.filter((prompt) => prompt.trim() !== "" || "must not be blank"),
  Schema.filter(wellFormed)
)

const validatedPrompt = Schema.validateEither(Prompt)

/** What is wrong with a prompt, if anything is. */
export const promptProblem = (prompt: unknown): string | undefined =>
  Either.match(validatedPrompt(prompt), {
    onLeft: (error) => describeParseError(error).expected,
    onRight: () => undefined
  })

const optionFields = {
  model: claudeFields.model,
  fallbackModel: claudeFields.fallbackModel,
  systemPrompt: claudeFields.systemPrompt,
  appendSystemPrompt: claudeFields.appendSystemPrompt,
  tools: claudeFields.tools,
  allowedTools: claudeFields.allowedTools,
  disallowedTools: claudeFields.disallowedTools,
  permissionMode: claudeFields.permissionMode,
  dangerouslySkipPermissions: claudeFields.dangerouslySkipPermissions,
  maxTurns: claudeFields.maxTurns,
  maxBudgetUsd: claudeFields.maxBudgetUsd,
  strictMcpConfig: claudeFields.strictMcpConfig,
  agent: claudeFields.agent,
  agents: claudeFields.agents,
  addDirs: claudeFields.addDirs,
  pluginDirs: claudeFields.pluginDirs,
  settings: claudeFields.settings,
  settingSources: claudeFields.settingSources,
  betas: claudeFields.betas,
  effort: claudeFields.effort,
  disableSlashCommands: claudeFields.disableSlashCommands,
  workingDirectory: Schema.optional(Argument.pipe(Schema.filter(notEmpty))),
  sessionId: Schema.optional(Id),
  resume: Schema.optional(Id),
  forkSession: Schema.optional(Schema.Boolean),
  mcpServers: Schema.optional(McpServers),
  onPermission: Schema.optional(Schema.declare(isAnswerer, { identifier: "a function" })),
  backgroundTasks: Schema.optional(Schema.Boolean)
}

const partials = { includePartialMessages: Schema.optional(Schema.Boolean) }

const schemas = {
  run: Schema.Struct({ ...optionFields, prompt: Prompt }),
  runStructured: Schema.Struct({ ...optionFields, prompt: Prompt }),
  stream: Schema.Struct({ ...optionFields, ...partials, prompt: Prompt }),
  converse: Schema.Struct({ ...optionFields, ...partials })
}

/** The methods that start Claude Code. */
export type Method = keyof typeof schemas

/** What is wrong between options that are right by themselves. */
const conflictOf = (options: Options): Problem | undefined => {
  if (options.forkSession === true && options.resume === undefined) {
    return { field: "resume", problem: "is required with `forkSession`: it is the session to fork" }
  }
  if (options.sessionId !== undefined && options.resume !== undefined && options.forkSession !== true) {
    return { field: "sessionId", problem: "is only possible with `resume` where `forkSession` is set as well" }
  }
  const { agents, mcpServers } = options
  if (Either.isLeft(Either.try(() => JSON.stringify(agents)))) return { field: "agents", problem: "must be JSON" }
  return mcpServers !== undefined && byteLength(configurationOf(mcpServers).json) > maxArgumentBytes
    ? { field: "mcpServers", problem: `must not exceed ${maxArgumentBytes} bytes as JSON` }
    : undefined
}

const strictly = { onExcessProperty: "error" } as const

const validate: Readonly<Record<Method, (options: unknown) => Problem | undefined>> = {
  run: problemOf(schemas.run),
  runStructured: problemOf(schemas.runStructured),
  stream: problemOf(schemas.stream),
  converse: problemOf(schemas.converse)
}

function problemOf<A extends Options, I>(schema: Schema.Schema<A, I>): (options: unknown) => Problem | undefined {
  const validated = Schema.validateEither(schema, strictly)
  return (options) =>
    Either.match(validated(options), {
      onLeft: (error) => {
        const { expected, field } = describeParseError(error)
        return { field: field === "" ? "options" : field, problem: expected }
      },
      onRight: conflictOf
    })
}

/** Why a method cannot be called with these options, if so: they are wrong, or the place cannot honour one of them. */
export const refusalOf = <Given extends Options>(
  method: Method,
  options: Given,
  place: (options: Given) => Problem | undefined
): InvalidRequest | undefined => {
  const found = validate[method](options) ?? place(options)
  return (
    found && invalidRequest({ system: "claude-code", operation: `ClaudeCode.${method}` }, found.field, found.problem)
  )
}
