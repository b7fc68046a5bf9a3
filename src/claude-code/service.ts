/** The service on top of any place: checks what it is given, and makes results and failures of what Claude reports. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { describeParseError } from "../internal/failure.js"
import { withMethodSpans } from "../internal/methodSpans.js"
import { shownAs } from "../internal/shown.js"
import type { ResultMessage } from "../schema/stromboli/ClaudeMessage.js"
import { maxJsonSchemaBytes } from "../schema/stromboli/ClaudeOptions.js"
import { SessionId } from "../schema/stromboli/Identifiers.js"
import { byteLength } from "../schema/stromboli/requestValidation.js"
import { toJsonSchema, valueOf } from "../services/stromboli/execution/structuredOutput.js"
import { answerIn, orFailure, succeeded } from "./answer.js"
import type { ClaudeCode } from "./ClaudeCode.js"
import type { ClaudeResult, PermissionDenial } from "./ClaudeResult.js"
import type { Conversation } from "./Conversation.js"
import type { Backend, Dialogue } from "./Dialogue.js"
import { ClaudeAnswerMismatch, type ClaudeCodeError } from "./errors.js"
import { type Attempt, attemptOf, refused, worded } from "./failures.js"
import { type ConverseOptions, type Method, type Options, promptProblem, refusalOf } from "./Options.js"
import { type Account, makeAccount } from "./spent.js"

const denialOf = (denial: unknown): ReadonlyArray<PermissionDenial> => {
  if (!Predicate.isRecord(denial)) return []
  const { tool_input: input, tool_name: toolName, tool_use_id: toolUseId } = denial
  return Predicate.isString(toolName)
    ? [{ toolName, toolUseId: Predicate.isString(toolUseId) ? toolUseId : undefined, input }]
    : []
}

const resultOf = (message: ResultMessage, account: Account): ClaudeResult => ({
  text: message.text ?? "",
  sessionId: message.sessionId === undefined ? undefined : SessionId.make(message.sessionId),
  usage: message.usage,
  costUsd: account.note(message),
  totalCostUsd: message.totalCostUsd,
  turns: message.turns,
  duration: message.duration,
  permissionDenials: message.permissionDenials.flatMap(denialOf),
  message
})

const conversationOf = (attempt: Attempt, dialogue: Dialogue, account: Account): Conversation => {
  const { interrupt, messages, sessionId } = dialogue
  const asked = { ...attempt, sessionId }
  const refusalOfPrompt = (method: string, prompt: string) => {
    const problem = promptProblem(prompt)
    return problem === undefined ? undefined : refused(`Conversation.${method}`, "prompt", problem)
  }
  const methods: Conversation = {
    sessionId,
    ask: (prompt) => {
      const refusal = refusalOfPrompt("ask", prompt)
      return refusal === undefined
        ? answerIn(asked, dialogue.turn(prompt)).pipe(
            Effect.flatMap((result) => succeeded(asked, result)),
            Effect.map((result) => resultOf(result, account))
          )
        : Effect.fail(refusal)
    },
    askStream: (prompt) => {
      const refusal = refusalOfPrompt("askStream", prompt)
      return refusal === undefined ? orFailure(asked, dialogue.turn(prompt)) : Stream.fail(refusal)
    },
    messages,
    interrupt,
    spent: Effect.sync(account.spent)
  }
  return shownAs(withMethodSpans("ClaudeCode.Conversation", methods, ["ask", "askStream", "interrupt"]), (self) => ({
    _id: "Conversation",
    sessionId: self.sessionId
  }))
}

export const make = (backend: Backend): ClaudeCode.Service => {
  const { place } = backend
  const refusal = <Given extends Options>(method: Method, options: Given) =>
    refusalOf(method, options, (given) => backend.refusal(method, given))

  const run = (method: "run" | "runStructured", options: Parameters<ClaudeCode.Service["run"]>[0], schema?: string) => {
    const attempt = attemptOf(place, method)
    return backend.run(method, options, schema).pipe(
      Effect.flatMap((result) => succeeded(attempt, result)),
      Effect.map((result) => resultOf(result, makeAccount({ isResumed: options.resume !== undefined })))
    )
  }

  const methods: ClaudeCode.Service = {
    run: (options) => {
      const refused = refusal("run", options)
      return refused === undefined ? run("run", options) : Effect.fail(refused)
    },
    runStructured: (schema, options) =>
      Effect.gen(function* () {
        const invalid = refusal("runStructured", options)
        if (invalid !== undefined) return yield* invalid
        const jsonSchema = yield* Either.mapLeft(jsonSchemaOf(schema), (problem) =>
          refused("ClaudeCode.runStructured", "schema", problem)
        )
        const result = yield* run("runStructured", options, jsonSchema)
        return yield* decoded(attemptOf(place, "runStructured"), schema, result)
      }),
    stream: (options) => {
      const refused = refusal("stream", options)
      if (refused !== undefined) return Stream.fail(refused)
      const attempt = attemptOf(place, "stream")
      const { prompt, ...given } = options
      return Stream.unwrapScoped(
        Effect.map(
          backend.open("stream", given, () => undefined),
          (dialogue) => orFailure({ ...attempt, sessionId: dialogue.sessionId }, dialogue.turn(prompt))
        )
      )
    },
    converse: (options: ConverseOptions = {}): Effect.Effect<Conversation, ClaudeCodeError, Scope.Scope> => {
      const refused = refusal("converse", options)
      if (refused !== undefined) return Effect.fail(refused)
      const attempt = attemptOf(place, "converse")
      const account = makeAccount({ isResumed: options.resume !== undefined })
      return Effect.map(backend.open("converse", options, account.note), (dialogue) =>
        conversationOf(attempt, dialogue, account)
      )
    }
  }
  return shownAs(withMethodSpans("ClaudeCode", methods, ["run", "runStructured", "stream", "converse"]), () => ({
    _id: "ClaudeCode",
    place
  }))
}

const jsonSchemaOf = <A, I, R>(schema: Schema.Schema<A, I, R>): Either.Either<string, string> => {
  if (!Schema.isSchema(schema)) return Either.left("must be a `Schema`")
  return Either.filterOrLeft(
    toJsonSchema(schema),
    (json) => byteLength(json) <= maxJsonSchemaBytes,
    () => `must not exceed ${maxJsonSchemaBytes} bytes as JSON Schema`
  )
}

const decoded = <A, I, R>(attempt: Attempt, schema: Schema.Schema<A, I, R>, result: ClaudeResult) => {
  const { message } = result
  const value = valueOf({
    structuredOutput: message.structuredOutput ?? undefined,
    output: JSON.stringify({ result: message.text })
  })
  const mismatch = (field: string, problem: string) =>
    new ClaudeAnswerMismatch({
      place: attempt.place,
      operation: attempt.operation,
      message: worded(attempt, `Claude answered, but ${problem}. The answer is in \`result\`.`),
      field,
      sessionId: result.sessionId,
      result: message
    })
  if (value === undefined) return Effect.fail(mismatch("", "there is no structured value in its answer"))
  return Effect.suspend(() => Schema.decodeUnknown(schema)(value)).pipe(
    Effect.map((decodedValue) => ({ ...result, value: decodedValue })),
    Effect.mapError((error) => {
      const { expected, field } = describeParseError(error)
      return mismatch(field, `${field === "" ? "the value" : `\`${field}\``} ${expected}`)
    }),
    // The answer has been paid for: whatever the caller's schema throws, it must not be lost.
    Effect.catchAllDefect((defect) =>
      Effect.fail(mismatch("", defect instanceof RangeError ? "it is nested too deeply" : "the schema threw an error"))
    )
  )
}
