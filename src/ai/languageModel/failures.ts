/** The failures of runs as those of `@effect/ai`. */
import * as AiError from "@effect/ai/AiError"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import { resultIn } from "../../schema/stromboli/runOutput.js"
import type {
  AgentExited,
  ApiError,
  Conflict,
  Gone,
  NotFound,
  RunFailed,
  SessionNotResumed,
  StreamInterrupted,
  StructuredOutputMismatch
} from "../../stromboli.js"

/** What a run can fail with. */
export type RunError =
  | ApiError
  | NotFound
  | Conflict
  | Gone
  | StreamInterrupted
  | RunFailed
  | StructuredOutputMismatch
  | AgentExited
  | SessionNotResumed

export type Method = "generateText" | "generateObject" | "streamText"

const module = "StromboliLanguageModel"

/** Input that a run cannot take. Nothing was sent. */
export const refused = (method: Method, description: string): AiError.MalformedInput =>
  new AiError.MalformedInput({ module, method, description: `${description}. Nothing was sent.` })

const advice: Readonly<Record<string, string>> = {
  error_max_turns: "Raise `claude.maxTurns`, or ask for less at once",
  error_max_budget_usd: "Raise `claude.maxBudgetUsd`, or ask for less at once"
}

/** What the run has cost, where it took place, and how to go on. */
const spent = (error: RunError): string => {
  if (error._tag !== "RunFailed" && error._tag !== "StructuredOutputMismatch") return ""
  const { sessionId } = error
  const result = resultIn(error.output ?? "")
  const { subtype = "", totalCostUsd = result?.totalCostUsd } = error._tag === "RunFailed" ? error : {}
  return [
    totalCostUsd === undefined ? [] : `It cost ${totalCostUsd} US dollars`,
    sessionId === undefined ? [] : `Its session is ${sessionId}`,
    advice[subtype] ?? []
  ]
    .flat()
    .map((sentence) => ` ${sentence}.`)
    .join("")
}

const ended = (message: string): string => (/[.!?]$/.test(message) ? message : `${message}.`)

/**
 * A run that provably did not start is the `HttpRequestError` or `HttpResponseError` of other providers, which programs
 * repeat. One that may have started is an `UnknownError`, so that they do not pay twice. `cause` is the failure itself,
 * with its cost.
 */
export const fromRunError =
  (method: Method) =>
  (cause: RunError): AiError.AiError => {
    const common = { module, method, description: `${ended(cause.message)}${spent(cause)}` }
    if (cause._tag === "InvalidRequest") return new AiError.MalformedInput({ ...common, cause })
    if (cause._tag === "StructuredOutputMismatch" || cause._tag === "InvalidResponse") {
      return new AiError.MalformedOutput({ ...common, cause })
    }
    if (!("admitted" in cause) || cause.admitted !== "no") return new AiError.UnknownError({ ...common, cause })
    const request = {
      method: cause.method === "GET" ? "GET" : "POST",
      url: cause.path,
      urlParams: [],
      hash: Option.none(),
      headers: {}
    } as const
    if (!("status" in cause) || cause.status === undefined) {
      return new AiError.HttpRequestError({ ...common, reason: "Transport", request, cause })
    }
    const headers = cause.retryAfter && { "retry-after": `${Math.ceil(Duration.toSeconds(cause.retryAfter))}` }
    return new AiError.HttpResponseError({
      ...common,
      reason: "StatusCode",
      request,
      response: { status: cause.status, headers: headers ?? {} }
    })
  }
