/** All that an execution printed, as one value. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import {
  InterpreterCrashed,
  InterpreterInterrupted,
  InterpreterTimeout
} from "../../../../errors/daytona/interpreter.js"
import type { PythonException } from "../../../../schema/daytona/toolbox/Interpreter.js"
import { collectText } from "../process/collectedText.js"
import type { ExecuteError, InterpreterEvent } from "./run.js"

/** How code ended, and what it printed. */
export interface InterpreterResult {
  readonly stdout: string
  readonly stderr: string
  /** Present when the code ended with an exception that nothing caught. */
  readonly error?: PythonException
  /** Whether `stdout` or `stderr` is only the beginning of what was printed: it was longer than `maxOutput`. */
  readonly truncated: boolean
}

/** Runs a stream to its end. The code is heard out when it prints more than is kept. */
export const collect = <R>(
  events: Stream.Stream<InterpreterEvent, ExecuteError, R>,
  maxOutput: number
): Effect.Effect<InterpreterResult, ExecuteError, R> =>
  Effect.suspend(() => {
    const stdout = collectText(maxOutput)
    const stderr = collectText(maxOutput)
    let error: PythonException | undefined
    const take = (event: InterpreterEvent) => {
      switch (event._tag) {
        case "Stdout":
          return stdout.add(event.text)
        case "Stderr":
          return stderr.add(event.text)
        case "Error": {
          const { name, traceback, value } = event
          error = { name, value, traceback }
          return
        }
        case "Unknown":
          return
      }
    }
    return Stream.runForEachChunk(events, (chunk) =>
      Effect.sync(() => {
        for (const event of chunk) take(event)
      })
    ).pipe(
      Effect.mapError((failure) => withOutput(failure, { stdout: stdout.text(), stderr: stderr.text() })),
      Effect.map(() => ({
        stdout: stdout.text(),
        stderr: stderr.text(),
        ...(error === undefined ? {} : { error }),
        truncated: stdout.isTruncated() || stderr.isTruncated()
      }))
    )
  })

/** The failure, with what was printed until then. */
const withOutput = (
  failure: ExecuteError,
  output: { readonly stdout: string; readonly stderr: string }
): ExecuteError => {
  // The message of an error is none of the properties that `...` copies.
  const more = { ...output, message: failure.message }
  switch (failure._tag) {
    case "InterpreterTimeout":
      return new InterpreterTimeout({ ...failure, ...more })
    case "InterpreterInterrupted":
      return new InterpreterInterrupted({ ...failure, ...more })
    case "InterpreterCrashed":
      return new InterpreterCrashed({ ...failure, ...more })
    default:
      return failure
  }
}
