/** Programs that are sent as source text. */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { ApiError } from "../../../../errors/ApiError.js"
import { invalidRequest } from "../../../../internal/failure.js"
import { withRequestOptions } from "../../../../RequestOptions.js"
import type { Language } from "../../../../schema/daytona/CreateSandbox.js"
import type { CodeRunResult } from "../../../../schema/daytona/toolbox/CommandResult.js"
import { type Environment, shellQuote, variablesOf } from "../shellText.js"
import type { Toolbox } from "../Toolbox.js"
import { withRedaction } from "../withRedaction.js"
import { operations } from "./operations.js"

/** How a program is run. */
export interface CodeRunOptions {
  /** Default: the language that the sandbox was created for, or Python. */
  readonly language?: Language | (string & {}) | undefined
  /** Arguments of the program. */
  readonly argv?: ReadonlyArray<string> | undefined
  /** Variables in addition to those of the sandbox. */
  readonly env?: Environment | undefined
  /** The program is killed after this time, rounded up to whole seconds. Default: no limit. */
  readonly timeout?: Duration.DurationInput | undefined
}

/** Whether quoting makes no difference. */
const isPlain = (argument: string): boolean => /^[\w@%+=:,./-]+$/.test(argument)

/** Programs that print their last argument. */
const echo = {
  python: "import sys\nprint(sys.argv[-1])",
  javascript: "console.log(process.argv[process.argv.length - 1])"
} as const

export const make = (toolbox: Toolbox.Service) => {
  let daemonQuotes: boolean | undefined

  /**
   * Some daemons put arguments into a shell line as they are, others quote them, and no version tells which. A program
   * that prints its argument does; it runs before the first argument for which it matters.
   */
  const quotesArguments = (language: string) =>
    Effect.suspend(() => {
      if (daemonQuotes !== undefined) return Effect.succeed(daemonQuotes)
      const isPython = language === "python"
      const body = {
        code: isPython ? echo.python : echo.javascript,
        language: isPython ? "python" : "javascript",
        argv: ["'x'"],
        timeout: 30
      }
      return Effect.map(
        withRequestOptions(toolbox.call(operations.codeRun, { body }), { timeout: "35 seconds" }),
        ({ result }) => {
          // Warnings, if any, come before.
          daemonQuotes = result.trimEnd().endsWith("'x'")
          return daemonQuotes
        }
      )
    })

  const { name } = operations.codeRun
  const refuse = (field: string, problem: string) =>
    Effect.fail(invalidRequest({ system: "daytona", operation: name }, field, problem))

  /** `seconds` is the time limit on the wire. */
  return (
    code: string,
    { argv = [], env, language = toolbox.language ?? "python" }: CodeRunOptions,
    seconds: number | undefined
  ): Effect.Effect<CodeRunResult, ApiError> =>
    Effect.gen(function* () {
      if (code === "") return yield* refuse("code", "must not be empty")
      const withNul = argv.findIndex((argument) => argument.includes("\0"))
      if (withNul !== -1) return yield* refuse(`argv[${withNul}]`, "must not contain a NUL character")
      const variables = yield* variablesOf(name, env)
      const passThrough = argv.every(isPlain) || (yield* quotesArguments(language))
      const body = {
        code,
        language,
        argv: argv.length === 0 ? undefined : passThrough ? argv : argv.map(shellQuote),
        env: variables,
        timeout: seconds
      }
      const { artifacts, exitCode, result } = yield* withRedaction(env)(toolbox.call(operations.codeRun, { body }))
      return { exitCode, output: result, charts: artifacts?.charts ?? [] }
    })
}
