/**
 * Reads the body of a failed response: a JSON object with an `error` (in four shapes), plain text, or nothing. None of
 * them has a machine-readable code.
 */
import type { ErrorBody } from "../ErrorBody.js"

const errorOf = (body: string): string | undefined => {
  if (!body.trimStart().startsWith("{")) return undefined
  try {
    const parsed: unknown = JSON.parse(body)
    if (typeof parsed !== "object" || parsed === null || !("error" in parsed)) return undefined
    return typeof parsed.error === "string" && parsed.error !== "" ? parsed.error : undefined
  } catch {
    return undefined
  }
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
const isNotStarted = (error: string): boolean => {
  // What Claude printed comes after this, and may contain anything.
  const [reason = ""] = error.split(", output: ", 1)
  return notStarted.test(reason)
}

export const readStromboliErrorBody = (status: number, contentType: string, body: string): ErrorBody => {
  const error = errorOf(body)
  if (error !== undefined) {
    return {
      detail: error,
      fromServer: true,
      routeMissing: false,
      notYet: status >= 500 && error.includes("session initialization in progress"),
      ...(status === 500 && isNotStarted(error) ? neverStarted : {})
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
