/** What the methods of `Process` take. */
import * as Arguments from "../../../../internal/arguments.js"
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

export const checked = (methods: Process.Service): Process.Service => ({
  execute: effect("execute", { command, options }, methods.execute),
  executeOrFail: effect("executeOrFail", { command, options }, methods.executeOrFail),
  executeMerged: effect("executeMerged", { command, options: Arguments.options(merged) }, methods.executeMerged),
  stream: stream("stream", { command, options }, methods.stream),
  start: effect("start", { command, options: Arguments.options(commandOptions) }, methods.start),
  codeRun: effect("codeRun", { code: Arguments.text, options: codeOptions }, methods.codeRun)
})
