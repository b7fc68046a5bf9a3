/** What the methods of `Process` take. */
import type * as Effect from "effect/Effect"
import * as Arguments from "../../../../internal/arguments.js"
import { withMethodSpans } from "../../../../internal/methodSpans.js"
import { command, commandOptions, environment, pattern } from "../arguments.js"
import type { Process } from "./Process.js"

const { effect, stream } = Arguments.methodsOf("daytona", "Process")

const merged = { ...commandOptions, timeout: Arguments.duration }
const options = Arguments.options({ ...merged, stdin: Arguments.textOrBytes })
const codeOptions = Arguments.options({
  argv: Arguments.arrayOf(Arguments.text),
  env: environment,
  language: Arguments.text,
  timeout: Arguments.duration
})

/** What the methods of a running process take. Their failures name the operation that started it. */
export const checkedRunning = (process: Process.RunningProcess): Process.RunningProcess => ({
  ...process,
  sendInput: effect("start", { text: Arguments.text }, process.sendInput),
  awaitLog: effect("start", { pattern, options: Arguments.options({ timeout: Arguments.duration }) }, process.awaitLog)
})

/** `execute`, with a key or without. */
export const checkedExecute = <Given extends ReadonlyArray<unknown>, A, E, R>(
  run: (...given: Given) => Effect.Effect<A, E, R>
) => effect("execute", { command, options }, run)

/** `start`, with a key or without. */
export const checkedStart = <Given extends ReadonlyArray<unknown>, A, E, R>(
  run: (...given: Given) => Effect.Effect<A, E, R>
) => effect("start", { command, options: Arguments.options(commandOptions) }, run)

export const checked = (methods: Process.Service): Process.Service =>
  withMethodSpans(
    "Daytona.Process",
    {
      // Each of the two forms of `execute` and `start` is checked where it is made.
      execute: methods.execute,
      start: methods.start,
      kill: effect("kill", { key: Arguments.text }, methods.kill),
      forget: effect("forget", { key: Arguments.text }, methods.forget),
      executeOrFail: effect("executeOrFail", { command, options }, methods.executeOrFail),
      executeMerged: effect("executeMerged", { command, options: Arguments.options(merged) }, methods.executeMerged),
      stream: stream("stream", { command, options }, methods.stream),
      codeRun: effect("codeRun", { code: Arguments.text, options: codeOptions }, methods.codeRun)
    },
    ["execute", "executeOrFail", "stream", "start", "kill", "forget", "codeRun"]
  )
