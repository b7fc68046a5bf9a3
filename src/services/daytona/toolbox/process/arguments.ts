/** What the methods of `Process` take. */
import * as Arguments from "../../../../internal/arguments.js"
import { serviceMethods } from "../../../../internal/serviceMethods.js"
import { command, commandOptions, environment } from "../arguments.js"

const merged = { ...commandOptions, timeout: Arguments.duration }
const options = Arguments.options({ ...merged, stdin: Arguments.textOrBytes })
const codeOptions = Arguments.options({
  argv: Arguments.arrayOf(Arguments.text),
  env: environment,
  language: Arguments.text,
  timeout: Arguments.duration
})

export const checked = serviceMethods("daytona", "Process", {
  effects: {
    execute: { command, options },
    start: { command, options: Arguments.options(commandOptions) },
    connect: {
      command: Arguments.unnamed(
        Arguments.struct({ sandboxId: Arguments.text, sessionId: Arguments.text, commandId: Arguments.text })
      )
    },
    kill: { key: Arguments.text },
    forget: { key: Arguments.text },
    executeOrFail: { command, options },
    executeMerged: { command, options: Arguments.options(merged) },
    codeRun: { code: Arguments.text, options: codeOptions }
  },
  streams: {
    stream: { command, options }
  },
  spans: ["execute", "executeOrFail", "stream", "start", "connect", "kill", "forget", "codeRun"]
})
