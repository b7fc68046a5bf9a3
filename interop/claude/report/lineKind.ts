/** What kind of line the CLI printed, in the CLI's own words, and what in it our schema does not know. */
import * as Either from "effect/Either"
import type { ClaudeMessage } from "effect-sandboxes/stromboli"

const parsed = (line: string): unknown => Either.getOrUndefined(Either.try((): unknown => JSON.parse(line)))

const property = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined

/** `system/init`, `assistant`, `stream_event/message_start`; results also say whether they are unasked, or an error. */
export const kindOf = (line: string): string => {
  const json = parsed(line)
  const type = property(json, "type")
  if (typeof type !== "string") return "(not a message)"
  const subtype = type === "stream_event" ? property(property(json, "event"), "type") : property(json, "subtype")
  const origin = property(property(json, "origin"), "kind")
  const isError = subtype === "success" && property(json, "is_error") === true
  return [
    typeof subtype === "string" ? `${type}/${subtype}` : type,
    ...(typeof origin === "string" ? [origin] : []),
    ...(isError ? ["error"] : [])
  ].join(", ")
}

/** The types of what is `Unknown` in a message: the message itself, or blocks at any depth. */
export const unknownIn = (message: ClaudeMessage.ClaudeMessage): ReadonlyArray<string> => {
  if (message._tag === "Unknown") return [`message ${message.type ?? "without a type"}`]
  return message._tag === "Assistant" || message._tag === "User" ? unknownBlocks(message.content) : []
}

const unknownBlocks = (value: unknown): ReadonlyArray<string> => {
  if (Array.isArray(value)) return value.flatMap(unknownBlocks)
  if (property(value, "_tag") !== "Unknown") return unknownBlocks(property(value, "content") ?? [])
  const type = property(value, "type")
  return [`block ${typeof type === "string" ? type : "without a type"}`]
}
