/** `npx effect-sandboxes`: the program. */

import { stripVTControlCharacters } from "node:util"
import type * as CliApp from "@effect/cli/CliApp"
import * as CliConfig from "@effect/cli/CliConfig"
import * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as ValidationError from "@effect/cli/ValidationError"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as NodeTerminal from "@effect/platform-node/NodeTerminal"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { sdkVersion } from "../version.js"
import { CommandWords, divided } from "./frame/CommandWords.js"
import type { Platform } from "./frame/command.js"
import { layer as consoleLayer } from "./frame/console.js"
import { exitCodes } from "./frame/exitCodes.js"
import * as Help from "./frame/help.js"
import { takeLogLevel } from "./frame/logLevel.js"
import * as Output from "./frame/Output.js"
import { reportDefect } from "./frame/report.js"
import { runMain } from "./frame/runMain.js"
import { canAsk } from "./frame/stdin.js"
import { red } from "./frame/text.js"
import { root } from "./root.js"

type Environment = CliApp.CliApp.Environment

const cli = Command.run(root, { name: "effect-sandboxes", version: sdkVersion, executable: "effect-sandboxes" })

const platform = Layer.mergeAll(NodeFileSystem.layer, NodePath.layer, NodeTerminal.layer)

/** The widest that help is: longer lines are hard to read. */
const widest = 100

const showHelp = (found: Help.Found) =>
  Effect.flatMap(Output.make({ json: false, verbose: false }), (output) =>
    Effect.ignore(output.print(Help.helpText(found, Math.min(widest, output.width() ?? 80))))
  )

/** What is wrong with the command line, and where to read how it should be. */
const usageProblem = (problem: HelpDoc.HelpDoc, found: Help.Found) =>
  Effect.flatMap(Output.make({ json: false, verbose: false }), ({ note }) =>
    note([
      red("error: "),
      Help.worded(stripVTControlCharacters(HelpDoc.toAnsiText(problem)).trim(), found),
      `\nSee ${["effect-sandboxes", ...found.path].join(" ")} --help`
    ])
  )

/** The completion script for a shell, if that is what the arguments ask for. */
const showCompletions = (shell: string | undefined) =>
  Effect.gen(function* () {
    const { script, shells } = yield* Effect.promise(() => import("./frame/completions.js"))
    const known = shells.find((each) => each === shell)
    const output = yield* Output.make({ json: false, verbose: false })
    if (known === undefined) {
      yield* output.note([red("error: "), `--completions: expected ${shells.join(", ")}`])
      return exitCodes.usage
    }
    yield* Effect.ignore(output.print(script(known, Help.describe(root.descriptor))))
    return exitCodes.success
  })

const askWithoutTerminal = Effect.flatMap(Output.make({ json: false, verbose: false }), ({ note }) =>
  Effect.as(note([red("error: "), "--wizard asks questions, and there is no terminal to ask on"]), exitCodes.usage)
)

const runCommand = (found: Help.Found, args: ReadonlyArray<string>) =>
  cli([...process.argv.slice(0, 2), ...args]).pipe(
    Effect.as(exitCodes.success),
    Effect.catchAll((problem) =>
      ValidationError.isValidationError(problem)
        ? Effect.as(usageProblem(problem.error, found), exitCodes.usage)
        : Effect.succeed(problem.exitCode)
    )
  )

const program = Effect.suspend((): Effect.Effect<number, never, Exclude<Platform, CommandWords> | Environment> => {
  const { args, level } = takeLogLevel(process.argv.slice(2))
  const found = Help.find(root.descriptor, args)
  if (Help.isHelp(found)) return Effect.as(showHelp(found), exitCodes.success)
  const [first = "", second] = found.rest
  if (found.path.length === 0 && /^--completions(=|$)/.test(first)) {
    return showCompletions(first === "--completions" ? second : first.slice("--completions=".length))
  }
  const { own, words } = divided(found.path, args)
  if (own.includes("--wizard") && !canAsk()) return askWithoutTerminal
  const command = Effect.provideService(runCommand(found, own), CommandWords, words)
  return level === undefined ? command : Logger.withMinimumLogLevel(command, level)
}).pipe(
  Effect.catchAllCause((cause) =>
    Cause.isInterruptedOnly(cause)
      ? Effect.succeed(exitCodes.failure)
      : Effect.flatMap(Output.make({ json: false, verbose: true }), (output) => reportDefect(output, cause))
  ),
  Effect.provide(Layer.mergeAll(platform, consoleLayer, CliConfig.layer({ showBuiltIns: false })))
)

runMain(program)
