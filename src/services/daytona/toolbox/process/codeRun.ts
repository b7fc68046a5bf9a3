/** Programs that are sent as text. */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { ApiError } from "../../../../errors/ApiError.js"
import { invalidRequest } from "../../../../internal/failure.js"
import { withRequestOptions } from "../../../../RequestOptions.js"
import type { Language } from "../../../../schema/daytona/CreateSandbox.js"
import type { Chart } from "../../../../schema/daytona/toolbox/Chart.js"
import { type Environment, quoted, variablesOf } from "../shellText.js"
import type { Toolbox } from "../Toolbox.js"
import { withRedaction } from "../withRedaction.js"
import { operations } from "./operations.js"

/** How a program is run. */
export interface CodeRunOptions {
  /** Default: the language that the sandbox was made for, else Python. */
  readonly language?: Language | (string & {}) | undefined
  /** Arguments of the program. */
  readonly argv?: ReadonlyArray<string> | undefined
  /** Variables beside those of the sandbox. */
  readonly env?: Environment | undefined
  /** How long it may take; it is killed then. Rounded up to whole seconds. Default: as long as it takes. */
  readonly timeout?: Duration.DurationInput | undefined
}

/** What became of a program. */
export interface CodeRunResult {
  /** −1 when it was killed, or could not be started. */
  readonly exitCode: number
  /** Both outputs in the order in which they were written. */
  readonly output: string
  /** The charts that it has shown, without those that the daemon drops. */
  readonly charts: ReadonlyArray<Chart>
}

/** Arguments that mean the same with and without quotes. */
const isPlain = (argument: string): boolean => /^[\w@%+=:,./-]+$/.test(argument)

/** Prints the last of its arguments. */
const echo = {
  python: "import sys\nprint(sys.argv[-1])",
  javascript: "console.log(process.argv[process.argv.length - 1])"
} as const

export const make = (toolbox: Toolbox.Service) => {
  let quotesItself: boolean | undefined

  /**
   * Some daemons put arguments into a line for the shell as they are, others quote them; no version tells which. A program that
   * prints its argument does, and is run before the first argument that it matters for.
   */
  const quotes = (language: string) =>
    Effect.suspend(() => {
      if (quotesItself !== undefined) return Effect.succeed(quotesItself)
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
          // What else it prints, a warning say, comes before.
          quotesItself = result.trimEnd().endsWith("'x'")
          return quotesItself
        }
      )
    })

  const { name } = operations.codeRun
  const refuse = (field: string, problem: string) =>
    Effect.fail(invalidRequest({ system: "daytona", operation: name }, field, problem))

  /** Runs code; `seconds` is the time limit on the wire. */
  return (
    code: string,
    { argv = [], env, language = toolbox.language ?? "python" }: CodeRunOptions,
    seconds: number | undefined
  ): Effect.Effect<CodeRunResult, ApiError> =>
    Effect.gen(function* () {
      if (code.trim() === "") return yield* refuse("code", "must not be blank")
      const withNul = argv.findIndex((argument) => argument.includes("\0"))
      if (withNul !== -1) return yield* refuse(`argv[${withNul}]`, "must not contain a NUL character")
      const variables = yield* variablesOf(name, env)
      const asTheyAre = argv.every(isPlain) || (yield* quotes(language))
      const body = {
        code,
        language,
        argv: argv.length === 0 ? undefined : asTheyAre ? argv : argv.map(quoted),
        env: variables,
        timeout: seconds
      }
      const { artifacts, exitCode, result } = yield* withRedaction(toolbox, env).call(operations.codeRun, { body })
      return { exitCode, output: result, charts: artifacts?.charts ?? [] }
    })
}
