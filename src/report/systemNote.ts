/** What Claude Code says about the session, as far as it is worth a line in the conversation. */
import { isObject, type JsonObject, numberAt, objectAt, textAt } from "../schema/jsonFields.js"
import { oneLine } from "./cut.js"
import { duration, plain, spaced } from "./words.js"

/** A line; `isProblem` if something went wrong. */
export interface Note {
  readonly text: string
  readonly isProblem: boolean
}

const widest = 600

const retry = (raw: JsonObject): Note => {
  const [attempt, most, delay] = [
    numberAt(raw, "attempt"),
    numberAt(raw, "max_retries"),
    numberAt(raw, "retry_delay_ms")
  ]
  const why = [numberAt(raw, "error_status") ?? "", spaced(textAt(raw, "error") ?? "")].join(" ").trim()
  const which = attempt === undefined || most === undefined ? "" : `, retry ${attempt} of ${most}`
  const when = !Number.isFinite(delay) || delay === undefined ? "" : ` in ${duration(delay)}`
  return { text: `The model's API failed${why === "" ? "" : ` (${why})`}${which}${when}`, isProblem: false }
}

const compaction = (raw: JsonObject): Note => {
  const details = objectAt(raw, "compact_metadata")
  const [from, to] = details === undefined ? [] : [numberAt(details, "pre_tokens"), numberAt(details, "post_tokens")]
  const sizes = [from === undefined ? "" : ` from ${plain(from)} tokens`, to === undefined ? "" : ` to ${plain(to)}`]
  return { text: `The conversation was compacted${sizes.join("")}`, isProblem: false }
}

const task = (raw: JsonObject): Note => {
  const status = textAt(raw, "status") ?? "ended"
  const summary = textAt(raw, "summary") ?? ""
  return {
    text: `A background task ${spaced(status)}${summary === "" ? "" : `: ${summary}`}`,
    isProblem: status === "failed"
  }
}

const hook = (raw: JsonObject): Note | undefined => {
  const code = numberAt(raw, "exit_code")
  if (code === undefined || code === 0) return undefined
  const output = textAt(raw, "stderr") || textAt(raw, "output") || ""
  const name = textAt(raw, "hook_name") ?? ""
  return { text: `The hook ${name} exited with ${code}${output === "" ? "" : `: ${output}`}`, isProblem: true }
}

const noteOf = (subtype: string, raw: JsonObject): Note | undefined => {
  switch (subtype) {
    case "api_retry":
      return retry(raw)
    case "compact_boundary":
      return compaction(raw)
    case "informational":
      return { text: textAt(raw, "content") ?? "", isProblem: textAt(raw, "level") === "error" }
    case "task_notification":
      return task(raw)
    case "hook_response":
      return hook(raw)
    default:
      return undefined
  }
}

/** Many per run, and only about its progress, or said by other messages as well. */
const silent = new Set([
  "init",
  "status",
  "thinking_tokens",
  "permission_denied",
  "task_started",
  "task_updated",
  "task_progress",
  "background_tasks_changed",
  "hook_started",
  "hook_response"
])

/** The line, if there is one; `unknown` for a subtype of a newer Claude Code. */
export const systemNote = (subtype: string, raw: unknown): Note | "unknown" | undefined => {
  const note = noteOf(subtype, isObject(raw) ? raw : {})
  if (note === undefined) return silent.has(subtype) ? undefined : "unknown"
  return note.text.trim() === "" ? undefined : { ...note, text: oneLine(note.text, widest) }
}
