/** How a run ended, as far as it is known. */
import type { ResultMessage } from "../schema/stromboli/ClaudeMessage.js"
import type { CrashInfo } from "../schema/stromboli/Run.js"
import { spaced } from "./words.js"

/** What a page says of it. */
export interface Outcome {
  readonly mood: "good" | "bad" | "open"
  /** One or two words. */
  readonly word: string
  /** A sentence, if there is more to say. */
  readonly details: string
}

export interface Ending {
  /** Something that will be answered was read. */
  readonly began: () => void
  readonly result: (message: ResultMessage) => void
  readonly completed: () => void
  readonly crashed: (crash: CrashInfo) => void
  readonly exited: (reason: string | undefined) => void
  readonly failed: (message: string) => void
  readonly interrupted: () => void
  /** A record of a conversation, which does not say how it ended. */
  readonly recorded: () => void
  readonly outcome: () => Outcome
}

/** How the container died. */
export const crashText = ({ exitCode, reason, signal }: CrashInfo): string => {
  const how = signal ? `signal ${signal}` : `exit code ${exitCode ?? "unknown"}`
  return `The container died (${how})${reason ? `: ${reason}` : ""}`
}

/** What a result that is an error says, in its own words if it has some. */
export const errorText = ({ errors, subtype, text }: ResultMessage): string =>
  text?.trim() ? text : errors.length > 0 ? errors.join("; ") : spaced(subtype)

const words: ReadonlyMap<string, string> = new Map([
  ["error_max_turns", "Out of turns"],
  ["error_max_budget_usd", "Out of budget"]
])

const wordOf = ({ isError, subtype, terminalReason }: ResultMessage): string => {
  if (!isError) return "Completed"
  return terminalReason?.startsWith("aborted") ? "Interrupted" : (words.get(subtype) ?? "Failed")
}

export const make = (): Ending => {
  let isOpen = false
  let isRecord = false
  let last: ResultMessage | undefined
  let final: Outcome | undefined
  let exit: { readonly reason: string | undefined } | undefined

  return {
    began: () => {
      isOpen = true
    },
    result: (message) => {
      last = message
      isOpen = false
    },
    completed: () => {
      isOpen = false
      // A result says more than that.
      if (last === undefined) final = { mood: "good", word: "Completed", details: "" }
    },
    crashed: (crash) => {
      final = { mood: "bad", word: "Crashed", details: crashText(crash) }
    },
    exited: (reason) => {
      exit = { reason }
    },
    failed: (message) => {
      const word = last?.isError === true && !isOpen ? wordOf(last) : "Failed"
      final = { mood: "bad", word, details: message }
    },
    interrupted: () => {
      // Between two turns, there is nothing to interrupt.
      if (last !== undefined && !isOpen) return
      final = { mood: "open", word: "Interrupted", details: "The program stopped reading before the end." }
    },
    recorded: () => {
      isRecord = true
    },
    outcome: () => {
      if (final !== undefined) return final
      if (exit !== undefined && (exit.reason || isOpen)) {
        const details = exit.reason ?? "Claude Code exited before the end of its turn."
        return { mood: "bad", word: "Exited", details }
      }
      if (isRecord) return { mood: "open", word: "Transcript", details: "A transcript does not say how a run ended." }
      if (isOpen || last === undefined) {
        return { mood: "open", word: "Unfinished", details: "There is no result after the last message." }
      }
      return {
        mood: last.isError ? "bad" : "good",
        word: wordOf(last),
        details: last.isError ? errorText(last) : ""
      }
    }
  }
}
