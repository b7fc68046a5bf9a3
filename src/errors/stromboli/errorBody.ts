/**
 * Reads the body of a failed response: a JSON object with an `error` (in four shapes), plain text, or nothing. None of
 * them has a machine-readable code.
 */
import { isObject, parsedJson, textAt } from "../../schema/jsonFields.js"
import { outputOfFailure, resultIn } from "../../schema/stromboli/runOutput.js"
import type { ErrorBody } from "../ErrorBody.js"

const errorOf = (body: string): string | undefined => {
  if (!body.trimStart().startsWith("{")) return undefined
  const json = parsedJson(body)
  const error = isObject(json) ? textAt(json, "error") : undefined
  return error === "" ? undefined : error
}

/** Only the title of an HTML page is of use in a log. */
const withoutMarkup = (html: string): string | undefined => {
  const title = /<title[^>]*>([^<]*)<\/title>/i.exec(html)?.[1]?.trim()
  return `an HTML page${title === undefined || title === "" ? "" : ` titled "${title}"`}, probably from a proxy`
}

const neverStarted = {
  standsFor: 400,
  hint: "Claude was not started. Shorten the prompt, the system prompts and the JSON Schema, and remove NUL characters."
} as const

/** The operating system refused to start Claude: nothing ran, although the status is 500. */
const notStarted = /argument list too long|fork\/exec [^:]*: invalid argument/
export const isNotStarted = (error: string): boolean => {
  // What Claude printed comes after this, and may contain anything.
  const [reason = ""] = error.split(", output: ", 1)
  return notStarted.test(reason)
}

const exists = {
  reason: /^Error: Session ID \S+ is already in use\.$/,
  standsFor: 409,
  hint: "The conversation exists. Run the prompt with `resume` to continue it, or with another `sessionId`."
} as const

/**
 * Why no run could begin in its session. All that was printed is the reason and, with `stream-json`, a result without
 * turns before or after it: anything else may be what Claude said.
 */
const sessionProblems = [
  {
    reason: /^No conversation found with session ID: \S+$/,
    standsFor: 404,
    hint: "The server has no such conversation: it was deleted, or never began. To start it, leave out `resume`."
  },
  exists
] as const

/** Podman names a container after the session of its run. */
const busySession =
  /^execution failed: exit status 125, output: .*the container name "stromboli-agent-[^"]*" is already/
const busy = {
  standsFor: 409,
  hint: "Another run of this session is in progress. Run the prompt again when that has ended."
} as const

const sessionProblemOf = (error: string) => {
  if (busySession.test(error)) return busy
  const printed = outputOfFailure(error)?.trim().split("\n", 3) ?? []
  if (printed.length > 2) return undefined
  const [reason = "", ...others] = printed.filter((line) => resultIn(line)?.turns !== 0)
  return others.length === 0 ? sessionProblems.find((problem) => problem.reason.test(reason.trim())) : undefined
}

const initialising = /^session initialization in progress/

/** Whether a run did not begin because its session exists or is in use: Claude was not asked anything. */
export const isSessionTaken = (error: string): boolean =>
  initialising.test(error) || sessionProblemOf(error)?.standsFor === 409

/** Whether a run did not begin because its conversation exists, so that it can be resumed. */
export const isSessionKnown = (error: string): boolean => sessionProblemOf(error) === exists

/**
 * Whether Claude refused to begin the session, whatever lifecycle hooks have printed before. Only for the formats
 * `json` and `stream-json`: in `text`, it may be what Claude said.
 */
export const isSessionRefused = (error: string, sessionId: string): boolean => {
  const output = outputOfFailure(error) ?? ""
  return output.split("\n").includes(`Error: Session ID ${sessionId} is already in use.`) && !resultIn(output)?.turns
}

/** What a status of 500 stands for, where nothing of the request was done. */
const refusalOf = (error: string): Pick<ErrorBody, "standsFor" | "hint"> => {
  const refusal = isNotStarted(error) ? neverStarted : sessionProblemOf(error)
  return refusal === undefined ? {} : { standsFor: refusal.standsFor, hint: refusal.hint }
}

export const readStromboliErrorBody = (status: number, contentType: string, body: string): ErrorBody => {
  const error = errorOf(body)
  if (error !== undefined) {
    return {
      detail: error,
      fromServer: true,
      routeMissing: false,
      notYet: status >= 500 && error.includes("session initialization in progress"),
      ...(status === 500 ? refusalOf(error) : {})
    }
  }
  const text = body.trim()
  if (contentType.includes("html") || /^<(!doctype|html)/i.test(text)) {
    return { detail: withoutMarkup(text), fromServer: false, routeMissing: false, notYet: false }
  }
  return {
    detail: text === "" ? undefined : text,
    fromServer: status === 503 && text.startsWith("Claude not configured"),
    routeMissing: status === 404 && text === "404 page not found",
    notYet: false
  }
}
