/**
 * Reads the error bodies of Daytona. The control plane, the proxy and the daemon in a sandbox send a JSON object with a
 * `message`; gateways in front of them send HTML or nothing.
 */
import { isObject, parsedJson } from "../../schema/jsonFields.js"
import type { ErrorBody } from "../ErrorBody.js"

/** Conflicts that pass: another change was in progress, so this one was not started. */
const passingConflicts = [
  "Sandbox state change in progress",
  "modified by another operation",
  "An operation is already in progress for this resource"
]

/** The body as a JSON object, if it is one. */
export const parseObject = (body: string): object | undefined => {
  if (!body.trimStart().startsWith("{")) return undefined
  const json = parsedJson(body)
  return isObject(json) ? json : undefined
}

const text = (body: object, ...keys: ReadonlyArray<string>): string | undefined => {
  for (const key of keys) {
    const value: unknown = Reflect.get(body, key)
    if (typeof value === "string" && value.trim() !== "") return value
    // Some versions send validation errors as a list. What is not text could not be turned into it safely.
    const texts = Array.isArray(value) ? value.filter((each): each is string => typeof each === "string") : []
    if (texts.length > 0) return texts.join(", ")
  }
  return undefined
}

const fromObject = (status: number, body: object): ErrorBody => {
  const words = text(body, "message", "error")
  // "Cannot GET /api/…" quotes the path, which may hold a token, and adds nothing to the hint about a missing route.
  const routeMissing = status === 404 && /^Cannot [A-Z]+ \//.test(words ?? "")
  const detail = routeMissing ? undefined : words
  const serverCode = text(body, "code", "error_code")
  const serverSource = text(body, "source")
  return {
    detail,
    fromServer: words !== undefined,
    routeMissing,
    notYet: status === 409 && passingConflicts.some((words) => detail?.includes(words) === true),
    ...(serverCode === undefined ? {} : { serverCode }),
    ...(serverSource === undefined ? {} : { serverSource })
  }
}

export const readDaytonaErrorBody = (status: number, contentType: string, body: string): ErrorBody => {
  const parsed = parseObject(body)
  if (parsed !== undefined) return fromObject(status, parsed)
  const words = body.trim()
  const isPage = contentType.includes("html") || /^<(!doctype|html)/i.test(words)
  return {
    detail: isPage ? "an HTML page, probably from a gateway" : words === "" ? undefined : words,
    fromServer: false,
    routeMissing: false,
    notYet: false
  }
}
