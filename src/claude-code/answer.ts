/** The answer to a prompt, in the messages of its turn. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { answersPrompt, type ClaudeMessage, type ResultMessage } from "../schema/stromboli/ClaudeMessage.js"
import type { ClaudeCodeError } from "./errors.js"
import { type Attempt, exited, failed } from "./failures.js"

type Messages = Stream.Stream<ClaudeMessage, ClaudeCodeError>

const isAnswer = (message: ClaudeMessage): message is ResultMessage =>
  message._tag === "Result" && answersPrompt(message)

const withoutResult = (attempt: Attempt) =>
  exited(attempt, { exitCode: undefined, stderr: "the turn ended without a result" }, "answering")

/** The result of a turn, which may be an error. */
export const answerIn = (attempt: Attempt, messages: Messages): Effect.Effect<ResultMessage, ClaudeCodeError> =>
  Effect.flatMap(
    Stream.runLast(Stream.filter(messages, isAnswer)),
    Option.match({
      onNone: () => Effect.fail(withoutResult(attempt)),
      onSome: (result) => Effect.succeed(result)
    })
  )

/** A result that is an error is a failure. */
export const succeeded = (attempt: Attempt, result: ResultMessage): Effect.Effect<ResultMessage, ClaudeCodeError> =>
  result.isError ? Effect.fail(failed(attempt, result)) : Effect.succeed(result)

/** The messages of a turn, which fail behind a result that is an error. */
export const orFailure = (attempt: Attempt, messages: Messages): Messages =>
  Stream.suspend(() => {
    let answer: ResultMessage | undefined
    const outcome = Effect.suspend(() =>
      answer === undefined ? Effect.fail(withoutResult(attempt)) : succeeded(attempt, answer)
    )
    return Stream.concat(
      Stream.map(messages, (message) => {
        if (isAnswer(message)) answer = message
        return message
      }),
      Stream.drain(Stream.fromEffect(outcome))
    )
  })
