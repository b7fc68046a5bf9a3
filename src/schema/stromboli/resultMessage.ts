/**
 * The last message of a turn, which has what the turn came to and what it cost. It is read without the others, because
 * the outputs of runs are searched for nothing else.
 */
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { isObject, type JsonObject, listAt, numberAt, objectAt, textAt, textsAt } from "../jsonFields.js"
import { openLiteral } from "../openLiteral.js"

/** What every message of Claude Code has. */
export interface MessageFields {
  readonly sessionId?: string | undefined
  /** The line as JSON, including everything that has no field here. */
  readonly raw: unknown
}

/** Token counts by kind. */
export interface TokenUsage {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cacheCreationInputTokens: number
  readonly cacheReadInputTokens: number
}

const originFields = {
  /** `task-notification`: a background task has ended. Empty if it is not known. */
  kind: openLiteral("task-notification"),
  /** The origin as JSON. */
  raw: Schema.Unknown
}

/** Why Claude Code took a turn: see `ResultMessage.origin`. */
export interface TurnOrigin extends Schema.Struct.Type<typeof originFields> {}
export const TurnOrigin = Schema.Struct(originFields)

/** The end of a turn. */
export interface ResultMessage extends MessageFields {
  readonly _tag: "Result"
  /** `success`, `error_max_turns`, `error_max_budget_usd`, `error_during_execution`, … */
  readonly subtype: string
  /**
   * Set if the turn was not the answer to a prompt: Claude Code takes a turn of its own when a background task ends,
   * and prints a result for it.
   */
  readonly origin?: TurnOrigin | undefined
  /** `completed`, `max_turns`, `budget_exhausted`, `api_error`, `aborted_streaming`, … */
  readonly terminalReason?: string | undefined
  /** `end_turn`, `max_tokens`, … */
  readonly stopReason?: string | undefined
  /** The HTTP status of the model's API, if that is what failed. */
  readonly apiErrorStatus?: number | undefined
  /** The position of this result in the process, from 0. */
  readonly resultIndex?: number | undefined
  /** How many turns were waiting when this one ended. */
  readonly queuedTurnCount?: number | undefined
  /** Whether `is_error` is set, or the subtype is an error. */
  readonly isError: boolean
  /** The answer, or the error. */
  readonly text?: string | undefined
  readonly duration?: Duration.Duration | undefined
  readonly apiDuration?: Duration.Duration | undefined
  readonly turns?: number | undefined
  /** Of the process so far, not of this turn. */
  readonly totalCostUsd?: number | undefined
  /** Of this turn. */
  readonly usage?: TokenUsage | undefined
  readonly structuredOutput?: unknown
  readonly permissionDenials: ReadonlyArray<unknown>
  /** The errors, if `text` does not contain them. */
  readonly errors: ReadonlyArray<string>
}

const durationAt = (source: JsonObject, key: string): Duration.Duration | undefined => {
  const milliseconds = numberAt(source, key)
  return milliseconds === undefined ? undefined : Duration.millis(milliseconds)
}

export const usageAt = (source: JsonObject): TokenUsage | undefined => {
  const usage = objectAt(source, "usage")
  return (
    usage && {
      inputTokens: numberAt(usage, "input_tokens") ?? 0,
      outputTokens: numberAt(usage, "output_tokens") ?? 0,
      cacheCreationInputTokens: numberAt(usage, "cache_creation_input_tokens") ?? 0,
      cacheReadInputTokens: numberAt(usage, "cache_read_input_tokens") ?? 0
    }
  )
}

const originAt = (source: JsonObject): TurnOrigin | undefined => {
  const origin = source["origin"]
  if (origin === undefined || origin === null) return undefined
  return { kind: (isObject(origin) ? textAt(origin, "kind") : undefined) ?? "", raw: origin }
}

const read = (raw: JsonObject, subtype: string): ResultMessage => ({
  _tag: "Result",
  subtype,
  // `is_error` is not always set when a turn runs out of turns or budget.
  isError: raw["is_error"] === true || subtype.startsWith("error"),
  text: textAt(raw, "result"),
  origin: originAt(raw),
  terminalReason: textAt(raw, "terminal_reason"),
  stopReason: textAt(raw, "stop_reason"),
  apiErrorStatus: numberAt(raw, "api_error_status"),
  resultIndex: numberAt(raw, "result_index"),
  queuedTurnCount: numberAt(raw, "queued_turn_count"),
  duration: durationAt(raw, "duration_ms"),
  apiDuration: durationAt(raw, "duration_api_ms"),
  turns: numberAt(raw, "num_turns"),
  totalCostUsd: numberAt(raw, "total_cost_usd"),
  usage: usageAt(raw),
  structuredOutput: raw["structured_output"],
  permissionDenials: listAt(raw, "permission_denials"),
  errors: textsAt(raw, "errors"),
  sessionId: textAt(raw, "session_id"),
  raw
})

/** The result in parsed JSON, if it is one. */
export const resultFrom = (raw: unknown): ResultMessage | undefined => {
  if (!isObject(raw) || textAt(raw, "type") !== "result") return undefined
  const subtype = textAt(raw, "subtype")
  return subtype === undefined ? undefined : read(raw, subtype)
}

/**
 * Whether a result answers a prompt, and not news of a background task: it has no origin, or its origin is a prompt.
 * Every prompt is answered by exactly one such result, in the order of the prompts.
 */
export const answersPrompt = ({ origin }: ResultMessage): boolean => origin === undefined || origin.kind === "human"

const isResult = (value: unknown): value is ResultMessage =>
  isObject(value) && value["_tag"] === "Result" && "raw" in value

/** Encoded as the JSON that the result was read from. */
export const ResultMessage: Schema.Schema<ResultMessage, unknown> = Schema.transformOrFail(
  Schema.Unknown,
  Schema.declare(isResult, {
    identifier: "ResultMessage",
    arbitrary: () => (fc) =>
      fc
        .record({ subtype: fc.string(), result: fc.string(), num_turns: fc.nat() })
        .map((fields) => read({ type: "result", ...fields }, fields.subtype))
  }),
  {
    strict: true,
    decode: (raw, _, ast) =>
      ParseResult.fromOption(
        Option.fromNullable(resultFrom(raw)),
        () => new ParseResult.Type(ast, raw, "must be a message of the type `result`")
      ),
    encode: ({ raw }) => ParseResult.succeed(raw)
  }
)
