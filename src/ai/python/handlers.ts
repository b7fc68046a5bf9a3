/** Runs Python in a context of its own, which is made by the first run. */
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { ContextId } from "../../schema/daytona/toolbox/Interpreter.js"
import { CodeInterpreter } from "../../services/daytona/toolbox/interpreter/CodeInterpreter.js"
import { failureOf, sandboxFailureOf, type Wording } from "../failures.js"
import { handler } from "../handler.js"
import type { Kit } from "../Kit.js"
import { ToolFailed, type ToolFailure } from "../ToolFailure.js"
import { inSeconds } from "../text.js"
import { makeOutput } from "./output.js"
import { resetPython, runPython, toolkit } from "./tools.js"

interface Session {
  readonly context: ContextId
  readonly scope: Scope.CloseableScope
}

const cut = "The middle was left out and is not kept: print less, or write to a file."

const wording: Wording = (reason, { _tag }) => {
  if (reason === "outputLost") {
    return "The code printed faster than its output could be delivered, and the rest of it is lost. The session was ended. Collect what you print and print it once, or write it to a file."
  }
  if (reason === "notInstalled") return "Python cannot be started: the sandbox needs the program `python3`."
  if (reason === "notFound") {
    return "The Python session is gone, and its variables are lost. Nothing was run; the next call starts a new session."
  }
  if (_tag === "InterpreterInterrupted") return "The code raised KeyboardInterrupt. Its session was ended."
  if (reason === "ended") {
    return "The Python process ended before the code was done, by `os._exit`, a crash or lack of memory. Its variables are lost; the next call starts a new session."
  }
  return undefined
}

export const make = (kit: Kit) =>
  Effect.gen(function* () {
    const interpreter = yield* CodeInterpreter
    const layerScope = yield* Effect.scope
    const oneAtATime = yield* Effect.makeSemaphore(1)
    let session: Session | undefined

    const open = Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        if (session !== undefined) return session
        const scope = yield* Scope.fork(layerScope, ExecutionStrategy.sequential)
        const { id } = yield* restore(Scope.extend(interpreter.scopedContext(), scope)).pipe(
          Effect.onError(() => Scope.close(scope, Exit.void))
        )
        session = { context: id, scope }
        return session
      })
    ).pipe(
      Effect.mapError(
        (error): ToolFailure => (error._tag === "ServerError" ? notStarted : sandboxFailureOf(kit)(error))
      )
    )

    /** Ends what runs, and forgets the variables. */
    const close = Effect.suspend(() => {
      const closing = session
      session = undefined
      return closing === undefined ? Effect.void : Scope.close(closing.scope, Exit.void)
    })

    const run = (code: string, seconds: number | undefined) =>
      Effect.gen(function* () {
        const timeout = yield* kit.limitOf("timeoutSeconds", seconds)
        const { context } = yield* open
        const output = makeOutput(kit)
        let traceback: string | undefined
        const failed = (failure: ToolFailure): ToolFailure => {
          const { text } = output.end(kit.room)
          return failure._tag === "ToolFailed" && text !== ""
            ? new ToolFailed({ reason: failure.reason, message: failure.message, found: text })
            : failure
        }
        yield* interpreter.stream(code, { context, timeout, env: kit.env }).pipe(
          Stream.runForEach((event) =>
            Effect.sync(() => {
              if (event._tag === "Stdout" || event._tag === "Stderr") output.add(event.text)
              if (event._tag === "Error") traceback = event.traceback || `${event.name}: ${event.value}`
            })
          ),
          // Neither the end of the wait nor the loss of the connection ends the code.
          Effect.onInterrupt(() => close),
          Effect.catchAll((error) => {
            const isKept = error._tag === "InterpreterTimeout" && error.stateKept
            const time = `The code did not end within ${inSeconds(timeout)}`
            const failure = failureOf(kit, (reason, found) =>
              reason === "timeout"
                ? `${time} and was stopped, or printed too much at once. ${isKept ? "The variables are kept." : "Its session was ended, and the variables are lost."}`
                : wording(reason, found)
            )(error)
            const ends = isKept || failure._tag === "InvalidArguments" ? Effect.void : close
            return Effect.zipRight(ends, Effect.fail(failed(failure)))
          })
        )
        const isException = traceback !== undefined
        const { isCut, text } = output.end(isException ? Math.floor(kit.room * 0.7) : kit.room)
        return {
          output: text,
          ...(isException ? { exception: kit.shown(traceback ?? "", Math.floor(kit.room * 0.3)).text } : {}),
          ...(isCut ? { note: cut } : {})
        }
      })

    return toolkit.of({
      run_python: handler(runPython, ({ code, timeoutSeconds }) =>
        oneAtATime.withPermits(1)(run(code, timeoutSeconds))
      ),
      reset_python: handler(resetPython, () => Effect.as(close, { reset: true as const }))
    })
  })

const notStarted = new ToolFailed({
  reason: "notInstalled",
  message: "Python cannot be started: the sandbox needs the program `python3`."
})
