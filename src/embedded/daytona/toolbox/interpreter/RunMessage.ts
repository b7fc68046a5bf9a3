/** The messages of a Python worker, which are forwarded to the client. */
import * as Predicate from "effect/Predicate"

/** A message to the client of a run. All five members are always present. */
export interface RunMessage {
  readonly type: string
  readonly text: string
  readonly name: string
  readonly value: string
  readonly traceback: string
}

/** The longest line of a worker, in characters; reading stops at a longer one. */
const longestLine = 1024 * 1024

/**
 * Splits a worker's output, in chunks of any size, into messages for `onMessage`. Returns whether to continue reading.
 */
export const messageReader = (onMessage: (message: RunMessage) => void): ((text: string) => boolean) => {
  let held = ""
  return (text) => {
    const lines = (held + text).split("\n")
    held = lines.pop() ?? ""
    for (const line of lines) {
      if (line.length > longestLine) return false
      const message = messageOf(line)
      if (message !== undefined) onMessage(message)
    }
    return held.length <= longestLine
  }
}

// Subprocesses print to the same stream. Lines that are not messages are dropped; lines that look like one are taken
// for one.
const messageOf = (line: string): RunMessage | undefined => {
  const message = parse(line)
  if (!Predicate.isRecord(message)) return undefined
  const member = (name: string) => (typeof message[name] === "string" ? message[name] : "")
  return {
    type: member("type"),
    text: member("text"),
    name: member("name"),
    value: member("value"),
    traceback: member("traceback")
  }
}

const parse = (line: string): unknown => {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
