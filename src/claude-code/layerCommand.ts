/** Claude Code on this machine. */
import * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import type { InvalidRequest } from "../errors/ApiError.js"
import * as Arguments from "../internal/arguments.js"
import { ClaudeCode } from "./ClaudeCode.js"
import * as commandProcess from "./commandProcess.js"
import { commandMachine } from "./directory/commandMachine.js"
import { make as makeWorkDirectory } from "./directory/make.js"
import { WorkDirectory } from "./directory/WorkDirectory.js"
import { environment, word } from "./placeOptions.js"
import { fromProcesses } from "./processBackend.js"

/** How the CLI is found and started on this machine. */
export interface CommandOptions {
  /** The program, or the program and its first arguments. Default `claude`, which has to be on the PATH. */
  readonly command?: string | readonly [program: string, ...args: ReadonlyArray<string>] | undefined
  /** `ANTHROPIC_API_KEY` of the CLI. Default: what the CLI finds itself, which is the login of the user. */
  readonly apiKey?: Redacted.Redacted | undefined
  /** Added to the environment of this process, which the CLI inherits. */
  readonly environment?: Readonly<Record<string, string | Redacted.Redacted>> | undefined
  /** Where Claude works, unless the options of a method say so. Default: the directory of this process. */
  readonly workingDirectory?: string | undefined
}

const words = Arguments.textOr(Arguments.arrayOf(word))

const refusal = Arguments.refusalOf("claude-code", "ClaudeCode", "layerCommand", {
  options: Arguments.options({
    command: (command, field) => word(Array.isArray(command) ? command[0] : command, field) ?? words(command, field),
    apiKey: Arguments.secret,
    environment,
    workingDirectory: word
  })
})

/**
 * Claude Code on this machine, as a process for each run and each conversation. It inherits the environment of this
 * process, and uses the login, the settings and the sessions of the user. With the fiber, it ends with all that it
 * started.
 *
 * Fails with `InvalidRequest` when an option is invalid. Whether there is a CLI is seen when it is started:
 * `ClaudeNotInstalled`. A `workingDirectory` that does not exist is `InvalidRequest`.
 *
 * @example
 * ```ts
 * import { NodeContext } from "@effect/platform-node"
 * import { Config, Effect, Layer } from "effect"
 * import { layerCommand } from "effect-sandboxes/claude-code"
 *
 * const ClaudeOnThisMachine = Layer.unwrapEffect(
 *   Effect.map(Config.redacted("ANTHROPIC_API_KEY"), (apiKey) => layerCommand({ apiKey }))
 * ).pipe(Layer.provide(NodeContext.layer))
 * ```
 */
export const layerCommand = (
  options: CommandOptions = {}
): Layer.Layer<ClaudeCode | WorkDirectory, InvalidRequest, CommandExecutor.CommandExecutor> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const invalid = refusal([options])
      if (invalid !== undefined) return yield* invalid
      const { apiKey, command = "claude", workingDirectory } = options
      const program = typeof command === "string" ? ([command] as const) : command
      const executor = yield* CommandExecutor.CommandExecutor
      const claude = fromProcesses({
        name: "command",
        start: (invocation) =>
          commandProcess.start(executor, program, {
            ...invocation,
            environment: {
              ...options.environment,
              ...(apiKey === undefined ? {} : { ANTHROPIC_API_KEY: apiKey }),
              ...invocation.environment
            },
            workingDirectory: invocation.workingDirectory ?? workingDirectory
          })
      })
      return Context.make(ClaudeCode, claude).pipe(
        Context.add(WorkDirectory, makeWorkDirectory(commandMachine(executor), workingDirectory))
      )
    })
  )
