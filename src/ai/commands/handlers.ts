/** Runs commands. */
import * as Effect from "effect/Effect"
import { Process } from "../../services/daytona/toolbox/process/Process.js"
import { makeCapture } from "../capture.js"
import { handler } from "../handler.js"
import type { Kit } from "../Kit.js"
import { runCommand, toolkit } from "./tools.js"

/** What an exit code says that a model may not know. */
const meaningOf = (exitCode: number): string | undefined => {
  if (exitCode === 137) return "It was killed (SIGKILL); the sandbox may be out of memory."
  return exitCode > 128 && exitCode < 160 ? `It was ended by signal ${exitCode - 128}.` : undefined
}

export const make = (kit: Kit) =>
  Effect.gen(function* () {
    const capture = yield* makeCapture(yield* Process, kit)
    return toolkit.of({
      run_command: handler(runCommand, ({ command, directory, timeoutSeconds }) =>
        Effect.gen(function* () {
          const timeout = yield* kit.limitOf("timeoutSeconds", timeoutSeconds)
          const { exitCode, note, output } = yield* capture.run({ command, directory, timeout })
          const notes = [meaningOf(exitCode), note].filter((each) => each !== undefined).join(" ")
          return { exitCode, output, ...(notes === "" ? {} : { note: notes }) }
        })
      )
    })
  })
