/** The command line of the CLI, for a process that is given its prompts on stdin. */
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import { SessionId } from "../schema/stromboli/Identifiers.js"
import { configurationOf } from "./McpServer.js"
import { type ConverseOptions, type Method, type Options, toolsOf } from "./Options.js"

type Arguments = ReadonlyArray<string>

const flag = (name: string, on: boolean | undefined): Arguments => (on === true ? [name] : [])
// In the same word as the name: a value of its own that begins with `-` could be taken for another option.
const option = (name: string, value: string | number | undefined): Arguments =>
  value === undefined ? [] : [`${name}=${value}`]
const each = (name: string, values: ReadonlyArray<string> = []): Arguments =>
  values.flatMap((value) => option(name, value))
const joined = (name: string, values: ReadonlyArray<string> = []): Arguments =>
  values.length === 0 ? [] : option(name, values.join(","))

const sessionArguments = ({ forkSession, resume }: Options, sessionId: SessionId): Arguments => {
  if (resume === undefined) return option("--session-id", sessionId)
  return [
    ...option("--resume", resume),
    ...(forkSession === true ? ["--fork-session", ...option("--session-id", sessionId)] : [])
  ]
}

export interface CommandLine {
  readonly args: Arguments
  readonly environment: Readonly<Record<string, string | Redacted.Redacted>>
  /** The session as it will be. */
  readonly sessionId: SessionId
}

const newSession = Effect.sync(() => SessionId.make(globalThis.crypto.randomUUID()))

/** A conversation has room for the news of background tasks; a single answer must be the one to the prompt. */
const inBackground = ({ backgroundTasks }: Options, method: Method): boolean => backgroundTasks ?? method === "converse"

/** `jsonSchema` is what the answer has to match. */
export const commandLine = (
  method: Method,
  options: ConverseOptions,
  jsonSchema?: string
): Effect.Effect<CommandLine> =>
  Effect.gen(function* () {
    const { forkSession, resume } = options
    const continued = forkSession === true ? undefined : resume
    const sessionId = options.sessionId ?? continued ?? (yield* newSession)
    const mcp = options.mcpServers === undefined ? undefined : configurationOf(options.mcpServers)
    return {
      sessionId,
      environment: {
        ...(inBackground(options, method) ? {} : { CLAUDE_CODE_DISABLE_BACKGROUND_TASKS: "1" }),
        ...mcp?.environment
      },
      args: [
        "-p",
        ...option("--input-format", "stream-json"),
        ...option("--output-format", "stream-json"),
        "--verbose",
        ...sessionArguments(options, sessionId),
        ...flag("--include-partial-messages", options.includePartialMessages),
        ...option("--model", options.model),
        ...option("--fallback-model", options.fallbackModel),
        ...option("--effort", options.effort),
        ...option("--system-prompt", options.systemPrompt),
        ...option("--append-system-prompt", options.appendSystemPrompt),
        ...each("--tools", toolsOf(options)),
        ...joined("--allowedTools", options.allowedTools),
        ...joined("--disallowedTools", options.disallowedTools),
        ...option("--permission-mode", options.permissionMode),
        ...option("--permission-prompt-tool", options.onPermission === undefined ? undefined : "stdio"),
        ...flag("--dangerously-skip-permissions", options.dangerouslySkipPermissions),
        ...option("--json-schema", jsonSchema),
        ...option("--max-budget-usd", options.maxBudgetUsd),
        ...option("--max-turns", options.maxTurns),
        ...option("--mcp-config", mcp?.json),
        ...flag("--strict-mcp-config", options.strictMcpConfig),
        ...option("--agent", options.agent),
        ...option("--agents", options.agents === undefined ? undefined : JSON.stringify(options.agents)),
        ...each("--add-dir", options.addDirs),
        ...each("--plugin-dir", options.pluginDirs),
        ...option("--settings", options.settings),
        ...joined("--setting-sources", options.settingSources),
        ...each("--betas", options.betas),
        ...flag("--disable-slash-commands", options.disableSlashCommands)
      ]
    }
  })
