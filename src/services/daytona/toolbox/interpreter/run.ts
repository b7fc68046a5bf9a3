/** One execution of code: a web socket of its own, whose first message is the code. */
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { ApiError, InvalidRequest } from "../../../../errors/ApiError.js"
import { describeParseError, invalidRequest } from "../../../../internal/failure.js"
import * as Operation from "../../../../internal/Operation.js"
import {
  type ContextId,
  InterpreterFrame,
  InterpreterRequest,
  type PythonException
} from "../../../../schema/daytona/toolbox/Interpreter.js"
import type { Message } from "../../../../stream/WebSocket.js"
import { type Environment, variablesOf } from "../shellText.js"
import type { Toolbox } from "../Toolbox.js"
import { withRedaction } from "../withRedaction.js"
import { type ExecutionFailure, failureOf } from "./end.js"

/** What code does while it runs. */
export type InterpreterEvent =
  | { readonly _tag: "Stdout"; readonly text: string }
  | { readonly _tag: "Stderr"; readonly text: string }
  /** An exception that nothing caught. It ends the code; that is no failure of the stream. */
  | ({ readonly _tag: "Error" } & PythonException)
  /** A message that this version of the SDK does not know, as it came. */
  | { readonly _tag: "Unknown"; readonly message: string }

/** Where and how code is to run. */
export interface ExecuteOptions {
  /** Default: the context that every sandbox has. */
  readonly context?: ContextId | undefined
  /** Environment variables of this run alone. */
  readonly env?: Environment | undefined
  /**
   * How long the code may run, for the daemon to see to: in whole seconds, so it is rounded up. The wait for earlier runs of the same
   * context does not count. Default 10 minutes; `Duration.infinity` is no limit.
   */
  readonly timeout?: Duration.DurationInput | undefined
}

/** What running code can fail with. */
export type ExecuteError = ApiError | ExecutionFailure

export const execute = Operation.make("CodeInterpreter.execute", "GET", "/process/interpreter/execute", {
  success: Schema.Void
})

const defaultTimeout = Duration.minutes(10)

/** The most that the daemon can count with, in seconds; 68 years. */
const longest = 2 ** 31 - 1

/** What is wrong with an option, before anything is sent. */
export const invalid = (field: string, problem: string): InvalidRequest =>
  invalidRequest(
    { system: "daytona", operation: execute.name, method: execute.method, path: execute.path },
    field,
    problem
  )

/** In whole seconds; the daemon takes 0 for none, so nothing else may come to that. */
const secondsOf = (timeout: Duration.Duration): Either.Either<number, InvalidRequest> => {
  if (!Duration.isFinite(timeout)) return Either.right(0)
  const millis = Duration.toMillis(timeout)
  return millis > 0
    ? Either.right(Math.min(longest, Math.max(1, Math.ceil(Math.round(millis) / 1000))))
    : Either.left(invalid("timeout", "must be longer than nothing; `Duration.infinity` is no limit"))
}

const encode = Schema.encodeEither(Schema.parseJson(InterpreterRequest))
const decode = Schema.decodeOption(Schema.parseJson(InterpreterFrame))

/** The first message, and the time that the daemon will count with. */
export const requestOf = (code: string, { context, env, timeout }: ExecuteOptions) =>
  Either.gen(function* () {
    const seconds = timeout === undefined ? undefined : yield* secondsOf(Duration.decode(timeout))
    const variables = yield* variablesOf(execute.name, env)
    const message = yield* Either.mapLeft(
      encode({ code, contextId: context, timeout: seconds, env: variables }),
      (error) => {
        const { expected, field } = describeParseError(error)
        return invalid(field === "contextId" ? "context" : field, expected)
      }
    )
    const counted =
      seconds === undefined ? defaultTimeout : seconds === 0 ? Duration.infinity : Duration.seconds(seconds)
    return { message, timeout: counted }
  })

/** Runs code; gives what it prints. Ends when the code has ended, and fails when it cannot be proven that it has. */
export const stream = (
  toolbox: Toolbox.Service,
  code: string,
  options: ExecuteOptions
): Stream.Stream<InterpreterEvent, ExecuteError> =>
  Effect.gen(function* () {
    const { message, timeout } = yield* requestOf(code, options)
    const { context, messages, send } = yield* withRedaction(toolbox, options.env).connect(execute, {})
    const start = yield* Clock.currentTimeMillis
    let control: string | undefined
    let sawAnything = false

    const read = (received: Message): Option.Option<InterpreterEvent> => {
      sawAnything = true
      const text = typeof received === "string" ? received : new TextDecoder().decode(received)
      return Option.match(decode(text), {
        onNone: () => Option.some({ _tag: "Unknown", message: text }),
        onSome: (message) => {
          switch (message.type) {
            case "stdout":
              return Option.some({ _tag: "Stdout", text: message.text })
            case "stderr":
              return Option.some({ _tag: "Stderr", text: message.text })
            case "error":
              return Option.some({ _tag: "Error", name: message.name, value: message.value, traceback: message.traceback })
            case "control":
              control = message.text
              return Option.none()
            default:
              return Option.some({ _tag: "Unknown", message: text })
          }
        }
      })
    }

    // A connection that is closed by now says why where it is read.
    yield* Effect.ignore(send(message))
    return messages.pipe(
      Stream.mapChunks(Chunk.filterMap(read)),
      Stream.catchAll((closed) =>
        Stream.unwrap(
          Effect.map(Clock.currentTimeMillis, (now) => {
            const failure = failureOf(
              {
                context,
                sandboxId: toolbox.sandboxId,
                contextId: options.context,
                timeout,
                elapsed: Duration.millis(now - start),
                control,
                sawAnything
              },
              closed
            )
            return failure === undefined ? Stream.empty : Stream.fail(failure)
          })
        )
      )
    )
  }).pipe(Stream.unwrapScoped)
