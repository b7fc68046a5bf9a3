/** One execution of code. It has a web socket to itself, and its first message is the code. */
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
  type InterpreterEvent,
  InterpreterFrame,
  InterpreterRequest
} from "../../../../schema/daytona/toolbox/Interpreter.js"
import type { Message } from "../../../../stream/WebSocket.js"
import { type Environment, variablesOf } from "../shellText.js"
import type { Toolbox } from "../Toolbox.js"
import { withRedaction } from "../withRedaction.js"
import { type ExecutionFailure, failureOf } from "./end.js"

/** Where and how code runs. */
export interface ExecuteOptions {
  /** Default: the default context, which every sandbox has. */
  readonly context?: ContextId | undefined
  /** Environment variables of this run only. */
  readonly env?: Environment | undefined
  /**
   * How long the code may run, rounded up to whole seconds; the daemon enforces it. Waiting for earlier runs of the
   * same context does not count. Default 10 minutes; `Duration.infinity` for no limit: if such a run crashes, its
   * context runs nothing any more.
   */
  readonly timeout?: Duration.DurationInput | undefined
}

/** What running code can fail with. */
export type ExecuteError = ApiError | ExecutionFailure

export const execute = Operation.make("CodeInterpreter.execute", "GET", "/process/interpreter/execute", {
  success: Schema.Void
})

/** Milliseconds: messages further apart are not of the same burst. */
const longestPause = 1000

const defaultTimeout = Duration.minutes(10)

/** The daemon's maximum, in seconds. */
const longest = 2 ** 31 - 1

/** Refuses an option before anything is sent. */
export const invalid = (field: string, problem: string): InvalidRequest =>
  invalidRequest(
    { system: "daytona", operation: execute.name, method: execute.method, path: execute.path },
    field,
    problem
  )

/** Whole seconds. The daemon takes 0 for no limit, so nothing else may round to it. */
const secondsOf = (timeout: Duration.Duration): Either.Either<number, InvalidRequest> => {
  if (!Duration.isFinite(timeout)) return Either.right(0)
  const millis = Duration.toMillis(timeout)
  return millis > 0
    ? Either.right(Math.min(longest, Math.max(1, Math.ceil(Math.round(millis) / 1000))))
    : Either.left(invalid("timeout", "must be positive; use `Duration.infinity` for no limit"))
}

const encode = Schema.encodeEither(Schema.parseJson(InterpreterRequest))
const decode = Schema.decodeOption(Schema.parseJson(InterpreterFrame))

/** The first message, and the time limit that the daemon will apply. */
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
    const limit = seconds === undefined ? defaultTimeout : seconds === 0 ? Duration.infinity : Duration.seconds(seconds)
    return { message, timeout: limit }
  })

/** Runs code and emits its output. Ends when the code has ended, and fails unless that is certain. */
export const stream = (
  toolbox: Toolbox.Service,
  code: string,
  options: ExecuteOptions
): Stream.Stream<InterpreterEvent, ExecuteError> =>
  Effect.gen(function* () {
    const { message, timeout } = yield* requestOf(code, options)
    const { context, messages, send } = yield* withRedaction(options.env)(toolbox.connect(execute, {}))
    const start = yield* Clock.currentTimeMillis
    let control: string | undefined
    let receivedAnything = false
    let hasRaised = false
    let burst = { messages: 0, last: start }

    const count = (messages: number) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        burst = { messages: now - burst.last > longestPause ? messages : burst.messages + messages, last: now }
      })

    const read = (received: Message): Option.Option<InterpreterEvent> => {
      receivedAnything = true
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
              hasRaised = true
              return Option.some({
                _tag: "Error",
                name: message.name,
                value: message.value,
                traceback: message.traceback
              })
            case "control":
              control = message.text
              return Option.none()
            default:
              return Option.some({ _tag: "Unknown", message: text })
          }
        }
      })
    }

    // If the connection is closed already, reading from it says why.
    yield* Effect.ignore(send(message))
    return messages.pipe(
      Stream.mapChunksEffect((chunk) => Effect.as(count(chunk.length), Chunk.filterMap(chunk, read))),
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
                receivedAnything,
                hasRaised,
                burst: burst.messages
              },
              closed
            )
            return failure === undefined ? Stream.empty : Stream.fail(failure)
          })
        )
      )
    )
  }).pipe(Stream.unwrapScoped)
