import * as Predicate from "effect/Predicate"

/** A message to the client of a run; all five members are always there. */
export interface RunMessage {
  readonly type: string
  readonly text: string
  readonly name: string
  readonly value: string
  readonly traceback: string
}

/** A longer line is the last that is read from a worker, in characters. */
const longestLine = 1024 * 1024

/** Takes what a worker prints, cut anywhere, and gives the messages in it to `onFrame`. Says whether more is wanted. */
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

// Subprocesses print among the messages. What looks like none is dropped, what looks like one is taken for one.
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
