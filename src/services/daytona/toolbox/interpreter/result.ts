/** Collects the output of an execution. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import {
  InterpreterCrashed,
  InterpreterInterrupted,
  InterpreterOutputLost,
  InterpreterTimeout
} from "../../../../errors/daytona/interpreter.js"
import type {
  InterpreterEvent,
  InterpreterResult,
  PythonException
} from "../../../../schema/daytona/toolbox/Interpreter.js"
import { makeBoundedText } from "../boundedText.js"
import type { ExecuteError } from "./run.js"

/** Runs a stream to its end, also when the code prints more than is kept. */
export const collect = <R>(
  events: Stream.Stream<InterpreterEvent, ExecuteError, R>,
  maxOutput: number
): Effect.Effect<InterpreterResult, ExecuteError, R> =>
  Effect.suspend(() => {
    const stdout = makeBoundedText(maxOutput)
    const stderr = makeBoundedText(maxOutput)
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

/** Adds the output so far to a failure. */
const withOutput = (
  failure: ExecuteError,
  output: { readonly stdout: string; readonly stderr: string }
): ExecuteError => {
  // Spreading an error does not copy its message.
  const more = { ...output, message: failure.message }
  switch (failure._tag) {
    case "InterpreterTimeout":
      return new InterpreterTimeout({ ...failure, ...more })
    case "InterpreterInterrupted":
      return new InterpreterInterrupted({ ...failure, ...more })
    case "InterpreterCrashed":
      return new InterpreterCrashed({ ...failure, ...more })
    case "InterpreterOutputLost":
      return new InterpreterOutputLost({ ...failure, ...more })
    default:
      return failure
  }
}
