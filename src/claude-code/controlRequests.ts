/** What Claude Code and the program ask each other beside the conversation, as lines on stdin and stdout. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Predicate from "effect/Predicate"
import type * as Scope from "effect/Scope"
import type { ClaudeMessage, ControlRequest } from "../schema/stromboli/ClaudeMessage.js"
import type { ClaudeProcess } from "./ClaudeProcess.js"
import { ClaudePlaceFailed } from "./errors.js"
import { type Attempt, worded } from "./failures.js"
import { type Answer, type Answerer, deny, type Question } from "./Permission.js"

type Json = Readonly<Record<string, unknown>>

const textAt = (source: Json, key: string): string | undefined =>
  Predicate.isString(source[key]) ? source[key] : undefined

const recordAt = (source: Json, key: string): Json => (Predicate.isRecord(source[key]) ? source[key] : {})

const questionOf = (request: Json): Question => ({
  toolName: textAt(request, "tool_name") ?? "",
  input: recordAt(request, "input"),
  toolUseId: textAt(request, "tool_use_id"),
  reason: textAt(request, "decision_reason"),
  blockedPath: textAt(request, "blocked_path"),
  agentId: textAt(request, "agent_id"),
  raw: request
})

/** How Claude Code reads an answer. An `allow` has to say what the tool is called with. */
const behaviorOf = (answer: Answer, { input }: Question): Json =>
  answer._tag === "Allow"
    ? { behavior: "allow", updatedInput: answer.input ?? input }
    : { behavior: "deny", message: answer.message, ...(answer.interrupt === true ? { interrupt: true } : {}) }

const isAnswer = (answer: unknown): answer is Answer =>
  Predicate.hasProperty(answer, "_tag") &&
  (answer._tag === "Allow" || (answer._tag === "Deny" && Predicate.hasProperty(answer, "message")))

const noAnswer = deny("The program that decides about this failed. Do not try it again in another way.")

const confirmedWithin = "10 seconds"

export interface ControlRequests {
  /** Handles a message that belongs to no turn; `false` if it is one of the conversation. */
  readonly receive: (message: ClaudeMessage) => Effect.Effect<boolean>
  readonly interrupt: Effect.Effect<void, ClaudePlaceFailed>
  /** Claude Code has ended: nothing is confirmed any more. */
  readonly end: Effect.Effect<void>
}

export const make = (
  attempt: Attempt,
  process: Pick<ClaudeProcess, "write">,
  onPermission: Answerer | undefined
): Effect.Effect<ControlRequests, never, Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    const answering = new Map<string, Fiber.RuntimeFiber<void>>()
    const confirmations = new Map<string, Deferred.Deferred<string | undefined>>()
    let asked = 0

    /** A process that is gone needs no answer. */
    const respond = (response: Json) =>
      Effect.ignore(process.write(JSON.stringify({ type: "control_response", response })))

    const answer = (id: string, question: Question) =>
      Effect.suspend(() => (onPermission === undefined ? Effect.succeed(noAnswer) : onPermission(question))).pipe(
        Effect.catchAllCause((cause) => Effect.as(Effect.logWarning("onPermission failed", cause), noAnswer)),
        Effect.map((given) => behaviorOf(isAnswer(given) ? given : noAnswer, question)),
        Effect.flatMap((behavior) => {
          const isJson = Either.isRight(Either.try(() => JSON.stringify(behavior)))
          const response = isJson ? behavior : behaviorOf(noAnswer, question)
          return respond({ subtype: "success", request_id: id, response })
        }),
        Effect.ensuring(Effect.sync(() => answering.delete(id)))
      )

    const receiveRequest = ({ request, requestId: id, subtype }: ControlRequest) =>
      subtype === "can_use_tool"
        ? Effect.map(Effect.forkIn(answer(id, questionOf(request)), scope), (fiber) => void answering.set(id, fiber))
        : respond({ subtype: "error", request_id: id, error: `not supported here: ${subtype}` })

    const withdraw = (raw: Json) => {
      const fiber = answering.get(textAt(raw, "request_id") ?? "")
      return fiber === undefined ? Effect.void : Fiber.interruptFork(fiber)
    }

    return {
      receive: (message) => {
        if (message._tag === "ControlResponse") {
          const confirmation = confirmations.get(message.requestId ?? "")
          const problem = message.subtype === "success" ? undefined : (message.error ?? message.subtype)
          return confirmation === undefined
            ? Effect.succeed(true)
            : Effect.as(Deferred.succeed(confirmation, problem), true)
        }
        if (message._tag === "ControlRequest") return Effect.as(receiveRequest(message), true)
        if (message._tag !== "Unknown" || !Predicate.isRecord(message.raw)) return Effect.succeed(false)
        const { raw } = message
        switch (message.type) {
          case "control_cancel_request":
            return Effect.as(withdraw(raw), true)
          case "keep_alive":
            return Effect.succeed(true)
          default:
            return Effect.succeed(false)
        }
      },
      interrupt: Effect.gen(function* () {
        const id = `interrupt-${++asked}`
        const confirmation = yield* Deferred.make<string | undefined>()
        confirmations.set(id, confirmation)
        yield* process.write(
          JSON.stringify({ type: "control_request", request_id: id, request: { subtype: "interrupt" } })
        )
        const problem = yield* Deferred.await(confirmation).pipe(
          Effect.timeoutTo({
            duration: confirmedWithin,
            onTimeout: () => `it did not confirm that within ${confirmedWithin}`,
            onSuccess: (found) => found
          }),
          Effect.ensuring(Effect.sync(() => confirmations.delete(id)))
        )
        if (problem !== undefined) return yield* notInterrupted(attempt, problem)
      }),
      end: Effect.suspend(() =>
        Effect.forEach(confirmations.values(), (confirmation) => Deferred.succeed(confirmation, undefined), {
          discard: true
        })
      )
    }
  })

const notInterrupted = (attempt: Attempt, problem: string) =>
  new ClaudePlaceFailed({
    place: attempt.place,
    operation: "Conversation.interrupt",
    message: worded(
      { ...attempt, operation: "Conversation.interrupt" },
      `Claude Code did not interrupt its turn: ${problem}. Close the scope of the conversation to end it.`
    ),
    sessionId: attempt.sessionId,
    retryable: true,
    admitted: "unknown"
  })
