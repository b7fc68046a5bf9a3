/** Claude Code in a sandbox of Daytona. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import type { InvalidRequest } from "../../errors/ApiError.js"
import * as Arguments from "../../internal/arguments.js"
import type { Files } from "../../services/daytona/toolbox/files/Files.js"
import { Process } from "../../services/daytona/toolbox/process/Process.js"
import type { Workspace } from "../../services/daytona/toolbox/Workspace.js"
import { ClaudeCode } from "../ClaudeCode.js"
import { make as makeWorkDirectory } from "../directory/make.js"
import { sandboxMachine } from "../directory/sandboxMachine.js"
import { WorkDirectory } from "../directory/WorkDirectory.js"
import { refused } from "../failures.js"
import { shellEnvironment, word } from "../placeOptions.js"
import { fromProcesses } from "../processBackend.js"
import { install, isVersion } from "./installation.js"
import { name, start, storeIn } from "./sandboxPlace.js"

/** How the CLI is found, installed and started in the sandbox. */
export interface SandboxOptions {
  /**
   * The program, or the program and its first arguments. Default `claude`, which has to be on the PATH, in
   * `~/.local/bin` or in `~/.claude/local`.
   */
  readonly command?: string | readonly [program: string, ...args: ReadonlyArray<string>] | undefined
  /**
   * A version of Claude Code, such as `2.1.332`, that is installed in the home directory at the first use if the
   * sandbox does not have it. Needs npm and access to its registry, and is done once for each sandbox. Default: nothing
   * is installed. Not together with `command`.
   */
  readonly install?: string | undefined
  /**
   * `ANTHROPIC_API_KEY` of the CLI. It is part of no command, file or log; programs that Claude starts can read it.
   * Default: what the environment of the sandbox has, such as a secret of the server (`secrets` at its creation).
   */
  readonly apiKey?: Redacted.Redacted | undefined
  /** Added to the environment of the sandbox, as safe as `apiKey`. */
  readonly environment?: Readonly<Record<string, string | Redacted.Redacted>> | undefined
  /**
   * Where Claude works, unless the options of a method say so: absolute, or from the work directory of the sandbox,
   * which is the default.
   */
  readonly workingDirectory?: string | undefined
}

const words = Arguments.textOr(Arguments.arrayOf(word))

const refusal = Arguments.refusalOf("claude-code", "ClaudeCode", "layerSandbox", {
  options: Arguments.options({
    command: (command, field) => word(Array.isArray(command) ? command[0] : command, field) ?? words(command, field),
    install: Arguments.kind(
      (value) => typeof value === "string" && isVersion(value),
      "must be a version, such as `2.1.332`"
    ),
    apiKey: Arguments.secret,
    environment: shellEnvironment,
    workingDirectory: word
  })
})

/** As root, the CLI refuses to do without permissions, unless it is told that it is in a sandbox. */
const bypasses = (args: ReadonlyArray<string>): boolean =>
  args.includes("--dangerously-skip-permissions") || args.includes("--permission-mode=bypassPermissions")

/**
 * Claude Code in a sandbox, as a process for each run and each conversation. With the fiber, it ends with all that it
 * started. A connection that breaks off is taken up again, and nothing of what Claude prints is lost or read twice;
 * when the sandbox is stopped or deleted, what runs fails with `ClaudePlaceFailed`.
 *
 * `WorkDirectory` puts files into the sandbox, and tells what Claude has changed there.
 *
 * Which sandbox it is, another layer says: `Sandbox.layer` makes one for the program, `Sandbox.layerLazy` when Claude
 * is first asked, `Sandbox.connect` finds one. Sessions live in the home directory of the sandbox, as long as it.
 *
 * Root may bypass permissions there: `IS_SANDBOX` is set, as it is a sandbox.
 *
 * @example
 * ```ts
 * import { Config, Effect, Layer } from "effect"
 * import { addClaudeCode, claudeDomains, layerSandbox } from "effect-sandboxes/claude-code"
 * import { Image, Sandbox } from "effect-sandboxes/daytona"
 *
 * const image = Image.base("node:22").pipe(addClaudeCode("2.1.332"))
 *
 * const ClaudeInSandbox = Layer.unwrapEffect(
 *   Effect.map(Config.redacted("ANTHROPIC_API_KEY"), (apiKey) => layerSandbox({ apiKey }))
 * ).pipe(Layer.provideMerge(Sandbox.layer({ image, domainAllowList: claudeDomains })))
 * ```
 */
export const layerSandbox = (
  options: SandboxOptions = {}
): Layer.Layer<ClaudeCode | WorkDirectory, InvalidRequest, Files | Process | Workspace> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const invalid = refusal([options])
      if (invalid !== undefined) return yield* invalid
      const { apiKey, command = "claude", environment, install: version, workingDirectory } = options
      if (version !== undefined && options.command !== undefined) {
        return yield* refused(
          "ClaudeCode.layerSandbox",
          "command",
          "is not possible with `install`, which says what is run"
        )
      }
      const given = typeof command === "string" ? ([command] as const) : command

      const process = yield* Process
      const store = yield* storeIn
      const turn = yield* Effect.makeSemaphore(1)
      let installed: string | undefined
      const found = (asked: string) =>
        version === undefined
          ? Effect.succeed(given)
          : turn.withPermits(1)(
              Effect.suspend(() =>
                installed === undefined ? install(process, name, asked, version) : Effect.succeed(installed)
              ).pipe(
                Effect.map((path) => {
                  installed = path
                  return [path] as const
                })
              )
            )
      const claude = fromProcesses({
        name,
        start: (invocation) =>
          Effect.flatMap(found(invocation.operation), (program) =>
            start(process, store, program, {
              ...invocation,
              environment: {
                ...(bypasses(invocation.args) ? { IS_SANDBOX: "1" } : {}),
                ...environment,
                ...(apiKey === undefined ? {} : { ANTHROPIC_API_KEY: apiKey }),
                ...invocation.environment
              },
              workingDirectory: invocation.workingDirectory ?? workingDirectory
            })
          )
      })
      return Context.make(ClaudeCode, claude).pipe(
        Context.add(WorkDirectory, makeWorkDirectory(yield* sandboxMachine, workingDirectory))
      )
    })
  )

/**
 * The domains that Claude Code needs, for the `domainAllowList` of a sandbox that is to reach nothing else. With
 * `install`, add `registry.npmjs.org`.
 */
export const claudeDomains: ReadonlyArray<string> = ["api.anthropic.com"]
