/**
 * What a turn is: the one place that decides which result answers which prompt.
 *
 * Every prompt is answered by exactly one result without an origin, in the order of the prompts. Claude Code also takes
 * turns that nobody asked for, when a background task ends, and prints a result for each: those have an origin. The
 * server does not tell them apart: it reports the end of a turn after any result, so its `turn_end` may name a prompt
 * that has no answer yet, and have no name after the real answer.
 */
import type { AgentEvent, AgentOutput } from "../../../schema/stromboli/AgentEvent.js"
import { answersPrompt, type ResultMessage } from "../../../schema/stromboli/ClaudeMessage.js"
import type { TurnId } from "../../../schema/stromboli/Identifiers.js"

/** The turns of one agent, as far as its events have been read. */
export interface Turns {
  /** Reads the next event of the server; usually gives one event, which tells the turns apart. */
  readonly read: (event: AgentEvent) => ReadonlyArray<AgentEvent>
  /** Notes a turn from the response to its prompt; its events may have been read before or may follow. */
  readonly sent: (turnId: TurnId) => void
  readonly hasEnded: (turnId: TurnId) => boolean
  /** A turn is in progress, asked or not: the next prompt has to wait. */
  readonly isBusy: () => boolean
}

/** A turn whose answer has not been read. */
interface Pending {
  readonly turnId: TurnId
  /** An event has named it. Until then, what is read belongs to what came before it. */
  seen: boolean
  /** The server has reported its end, but that was the end of an unasked turn. */
  endedEarly: boolean
}

/** How many turns that have ended are remembered, for responses that arrive after the events of their turn. */
const remembered = 64

export const make = (): Turns => {
  const pending: Array<Pending> = []
  let ended: ReadonlyArray<TurnId> = []
  let lastResult: ResultMessage | undefined
  let unasked = false

  const hasEnded = (turnId: TurnId) => ended.includes(turnId)
  const isPending = (turnId: TurnId) => pending.some((turn) => turn.turnId === turnId)

  const end = (turnId: TurnId | undefined) => {
    const index = pending.findIndex((turn) => turn.turnId === turnId)
    if (index >= 0) pending.splice(index, 1)
    if (turnId !== undefined) ended = [...ended, turnId].slice(-remembered)
  }

  const sent = (turnId: TurnId) => {
    if (!isPending(turnId) && !hasEnded(turnId)) pending.push({ turnId, seen: false, endedEarly: false })
  }

  const see = (turnId: TurnId) => {
    sent(turnId)
    for (const turn of pending) turn.seen ||= turn.turnId === turnId
  }

  /** The server takes no prompt during a turn, so one that it still knew has ended, and that event was dropped. */
  const endOfDropped = (): ReadonlyArray<AgentEvent> => {
    const [first] = pending
    if (first === undefined || !first.seen || first.endedEarly) return []
    end(first.turnId)
    return [{ _tag: "TurnEnded", turnId: first.turnId }]
  }

  const readEnd = (event: AgentEvent & { readonly _tag: "TurnEnded" }): AgentEvent => {
    const result = lastResult
    lastResult = undefined
    unasked = false
    const [first] = pending
    const named = pending.find(({ turnId }) => turnId === event.turnId)
    const unaskedEnd = { ...event, _tag: "UnaskedTurnEnded", turnId: first?.turnId } as const
    if (result !== undefined && !answersPrompt(result)) {
      if (named !== undefined) named.endedEarly = true
      return { ...unaskedEnd, origin: result.origin }
    }
    // Without a result, which the server may have dropped, only a name tells whose end this is. A turn that the server
    // has ended early has no name left.
    const candidate = result === undefined ? (named ?? (first?.endedEarly ? first : undefined)) : first
    const answered = candidate?.seen === true ? candidate : undefined
    if (answered === undefined && first !== undefined && event.turnId === undefined) return unaskedEnd
    const turnId = answered?.turnId ?? event.turnId
    end(turnId)
    return { ...event, turnId }
  }

  const noteOutput = ({ message }: AgentOutput) => {
    if (message._tag === "Result") lastResult = message
    // Messages of sub-agents that work in the background belong to no turn.
    const isMainThread = (message._tag === "Assistant" || message._tag === "Partial") && !message.parentToolUseId
    if (isMainThread && pending.length === 0) unasked = true
  }

  return {
    sent,
    hasEnded,
    isBusy: () => pending.length > 0 || unasked,
    read: (event) => {
      if (event._tag === "Unknown" || event._tag === "Exited") return [event]
      const { turnId } = event
      const before = turnId !== undefined && !isPending(turnId) && !hasEnded(turnId) ? endOfDropped() : []
      if (turnId !== undefined) see(turnId)
      if (event._tag === "TurnEnded") return [...before, readEnd(event)]
      if (event._tag === "Output") noteOutput(event)
      // The server no longer names a turn that it takes for ended.
      const [first] = pending
      return [...before, turnId === undefined && first?.seen === true ? { ...event, turnId: first.turnId } : event]
    }
  }
}
