/** Tokens and cost of a run as they grew, and its turns. */
import * as Duration from "effect/Duration"
import { isObject, numberAt, objectAt } from "../schema/jsonFields.js"
import type { AssistantMessage, ResultMessage, TokenUsage } from "../schema/stromboli/ClaudeMessage.js"
import type { Usage } from "../schema/stromboli/Run.js"
import type { Moment } from "./timeLine.js"

/** Sums so far. */
export interface Totals {
  /** Tokens that the model read: input, with what came from the cache and what was written to it. */
  readonly read: number
  /** Those of `read` that came from the cache. */
  readonly cached: number
  readonly written: number
  /** In US dollars; `undefined` until it is known. */
  readonly cost: number | undefined
}

/** The sums at a moment. */
export interface Point extends Totals, Moment {}

/** A turn that has ended. */
export interface Turn {
  readonly subtype: string
  readonly isError: boolean
  readonly wasAsked: boolean
  readonly duration: number | undefined
  readonly steps: number | undefined
  readonly read: number | undefined
  readonly written: number | undefined
  readonly cost: number | undefined
}

/** What a model was used for, and by whom: sub-agents included. */
export interface ModelUse {
  readonly name: string
  readonly read: number
  readonly written: number
  readonly cost: number | undefined
}

export interface Figures {
  readonly assistant: (message: AssistantMessage, now: Moment) => void
  readonly result: (message: ResultMessage, now: Moment) => Turn
  /** The usage of a whole session, as a server adds it up. */
  readonly session: (usage: Usage) => void
  readonly totals: () => Totals
  readonly points: () => ReadonlyArray<Point>
  readonly turns: () => { readonly first: ReadonlyArray<Turn>; readonly more: number }
  /** What all turns took, in milliseconds. */
  readonly time: () => number
  readonly models: () => ReadonlyArray<ModelUse>
}

/** More points than a small chart can show are thinned out. */
const mostPoints = 400
const mostTurns = 100
const mostModels = 10
const rememberedIds = 64

const readOf = (usage: TokenUsage): number =>
  usage.inputTokens + usage.cacheCreationInputTokens + usage.cacheReadInputTokens

/** Numbers of others may be anything: one that is not finite would spoil the sums. */
const finite = (value: number | undefined): number => (Number.isFinite(value) ? (value ?? 0) : 0)

/** The number, unless it is none that could be added. */
const known = (value: number | undefined): number | undefined => (Number.isFinite(value) ? value : undefined)

const modelsOf = (raw: unknown): ReadonlyArray<ModelUse> => {
  const usage = isObject(raw) ? objectAt(raw, "modelUsage") : undefined
  if (usage === undefined) return []
  return Object.keys(usage)
    .slice(0, mostModels)
    .flatMap((name) => {
      const use = objectAt(usage, name)
      if (use === undefined) return []
      const read = ["inputTokens", "cacheCreationInputTokens", "cacheReadInputTokens"]
        .map((field) => finite(numberAt(use, field)))
        .reduce((sum, tokens) => sum + tokens, 0)
      return [{ name, read, written: finite(numberAt(use, "outputTokens")), cost: known(numberAt(use, "costUSD")) }]
    })
}

export const make = (): Figures => {
  /** Of turns that have ended, as their results say. */
  let ended = { read: 0, cached: 0, written: 0 }
  /** Of the turn in progress: an estimate, since messages have the output tokens of their beginning. */
  let running = { read: 0, cached: 0, written: 0 }
  let costBefore = 0
  let costOfProcess: number | undefined
  let ofSession: Usage | undefined
  let counted: ReadonlyArray<string> = []
  let points: Array<Point> = []
  let models: ReadonlyArray<ModelUse> = []
  const first: Array<Turn> = []
  let more = 0
  let time = 0

  const totals = (): Totals => {
    const sums = {
      read: ended.read + running.read,
      cached: ended.cached + running.cached,
      written: ended.written + running.written
    }
    const cost = costOfProcess === undefined ? undefined : costBefore + costOfProcess
    if (ofSession === undefined || sums.read + sums.written > 0) return { ...sums, cost }
    const { cacheCreationInputTokens, cacheReadInputTokens, estimatedCostUsd, inputTokens, outputTokens } = ofSession
    return {
      read: finite(inputTokens) + finite(cacheCreationInputTokens) + finite(cacheReadInputTokens),
      cached: finite(cacheReadInputTokens),
      written: finite(outputTokens),
      // Zero is what the server says of a model whose price it does not know.
      cost: cost ?? (estimatedCostUsd === 0 ? undefined : estimatedCostUsd)
    }
  }

  const note = (now: Moment) => {
    points.push({ ...totals(), ...now })
    if (points.length > mostPoints) points = points.filter((_, index) => index % 2 === 1)
  }

  const spentOn = (total: number | undefined): number | undefined => {
    if (total === undefined || !Number.isFinite(total)) return undefined
    // It is the sum of a process, so another process begins anew.
    if (costOfProcess !== undefined && total < costOfProcess) costBefore += costOfProcess
    const before = costOfProcess !== undefined && total >= costOfProcess ? costOfProcess : 0
    costOfProcess = total
    return total - before
  }

  return {
    assistant: ({ id, parentToolUseId, usage }, now) => {
      // A message is printed once per block, with the same usage each time. The results leave out sub-agents.
      if (usage === undefined || parentToolUseId !== undefined || (id !== undefined && counted.includes(id))) return
      if (id !== undefined) counted = [...counted, id].slice(-rememberedIds)
      running = {
        read: running.read + finite(readOf(usage)),
        cached: running.cached + finite(usage.cacheReadInputTokens),
        written: running.written + finite(usage.outputTokens)
      }
      note(now)
    },
    result: (message, now) => {
      const { usage } = message
      const sums =
        usage === undefined
          ? running
          : {
              read: finite(readOf(usage)),
              cached: finite(usage.cacheReadInputTokens),
              written: finite(usage.outputTokens)
            }
      ended = {
        read: ended.read + sums.read,
        cached: ended.cached + sums.cached,
        written: ended.written + sums.written
      }
      running = { read: 0, cached: 0, written: 0 }
      const turn: Turn = {
        subtype: message.subtype,
        isError: message.isError,
        wasAsked: message.origin === undefined || message.origin.kind === "human",
        duration: known(message.duration && Duration.toMillis(message.duration)),
        steps: known(message.turns),
        read: usage && sums.read,
        written: usage && sums.written,
        cost: spentOn(message.totalCostUsd)
      }
      const found = modelsOf(message.raw)
      if (found.length > 0) models = found
      time += turn.duration ?? 0
      if (first.length < mostTurns) first.push(turn)
      else more++
      note(now)
      return turn
    },
    session: (usage) => {
      ofSession = usage
    },
    totals,
    points: () => points,
    turns: () => ({ first, more }),
    time: () => time,
    models: () => models
  }
}
