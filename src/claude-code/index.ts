/**
 * Claude Code as one service, wherever it runs: a program says what Claude is to do, a layer says where.
 *
 * @example
 * ```ts
 * import { NodeContext, NodeRuntime } from "@effect/platform-node"
 * import { Console, Effect } from "effect"
 * import { ClaudeCode, layerCommand } from "effect-sandboxes/claude-code"
 *
 * const program = Effect.gen(function* () {
 *   const claude = yield* ClaudeCode
 *   const { costUsd, text } = yield* claude.run({ prompt: "Which tests fail, and why?" })
 *   yield* Console.log(`${text}\n${costUsd} dollars`)
 * })
 *
 * program.pipe(Effect.provide(layerCommand()), Effect.provide(NodeContext.layer), NodeRuntime.runMain)
 * ```
 */
export * as ClaudeMessage from "../schema/stromboli/ClaudeMessage.js"
export { SessionId } from "../schema/stromboli/Identifiers.js"
export { ClaudeCode } from "./ClaudeCode.js"
export type { ClaudeResult, PermissionDenial, Spent, StructuredResult } from "./ClaudeResult.js"
export type { Conversation } from "./Conversation.js"
export { Changes, FileChange } from "./directory/Changes.js"
export { GitNotInstalled, WorkDirectoryError, WorkDirectoryFailed } from "./directory/errors.js"
export { type LocalFilesOptions, localFiles } from "./directory/localFiles.js"
export { WorkDirectory } from "./directory/WorkDirectory.js"
export * from "./errors.js"
export { type CommandOptions, layerCommand } from "./layerCommand.js"
export { layerStromboli, type StromboliOptions } from "./layerStromboli.js"
export type { McpAddress, McpProgram, McpServer, McpServers } from "./McpServer.js"
export type { ConverseOptions, Options, RunOptions, StreamOptions } from "./Options.js"
export * as Permission from "./Permission.js"
export { addClaudeCode } from "./sandbox/addClaudeCode.js"
export { claudeDomains, layerSandbox, type SandboxOptions } from "./sandbox/layerSandbox.js"
