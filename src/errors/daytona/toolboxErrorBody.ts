/**
 * Reads the error bodies of the daemon in a sandbox: an envelope with a `message`, one of several objects with an
 * `error`, or nothing. Some of its handlers respond 500 to every failure; their messages still begin with the kind of
 * failure.
 */
import type { ErrorBody } from "../ErrorBody.js"
import { parseObject, readDaytonaErrorBody } from "./errorBody.js"

const wrapped = /^failed to execute command: (?<kind>[a-z ]+): /

/** The kinds of failure in the daemon's messages, and their statuses. */
const statusOfKind: ReadonlyMap<string, number> = new Map([
  ["bad request", 400],
  ["invalid body request", 400],
  ["forbidden", 403],
  ["not found", 404],
  ["conflict", 409],
  ["gone", 410]
])

const unreachable =
  "The proxy could not reach the daemon in the sandbox, which may be starting, stopping or out of memory. `Sandboxes.get` returns its state."

const missing = "The daemon in this sandbox does not support this operation; a sandbox from a newer snapshot may."

const gone = "The sandbox itself was not found: it was deleted, or has no container. `Sandboxes.get` returns its state."

const refusedByProxy =
  "The proxy says the same for wrong credentials and for a sandbox that does not exist any more, or belongs to another organization. `Sandboxes.get` tells."

const notStarted = "The sandbox is not running; `Sandboxes.start` starts it."

const listOfErrors = (body: object): string | undefined => {
  const errors: unknown = Reflect.get(body, "errors")
  return Array.isArray(errors) && errors.length > 0 ? errors.map(String).join("; ") : undefined
}

const textAt = (body: object, key: string): string | undefined => {
  const value: unknown = Reflect.get(body, key)
  return typeof value === "string" && value.trim() !== "" ? value : undefined
}

/** The additional fields of desktop failures: `details`, a `solution`, and a code in `error`. */
const desktopFields = (read: ErrorBody, body: object): Partial<ErrorBody> => {
  const [details, solution, error] = [textAt(body, "details"), textAt(body, "solution"), textAt(body, "error")]
  const isCode = error !== undefined && error !== read.detail && /^[a-z]+(_[a-z]+)+$/.test(error)
  return {
    ...(read.detail === undefined || details === undefined ? {} : { detail: `${read.detail}: ${details}` }),
    ...(solution === undefined ? {} : { hint: solution }),
    ...(isCode && read.serverCode === undefined ? { serverCode: error } : {})
  }
}

export const readToolboxErrorBody = (status: number, contentType: string, body: string): ErrorBody => {
  const read = readDaytonaErrorBody(status, contentType, body)
  if (status === 404 && body.trim() === "404 page not found") {
    return { ...read, detail: undefined, routeMissing: true, hint: missing }
  }
  if (status === 404 && /sandbox( container)? not found/i.test(read.detail ?? "")) {
    return { ...read, routeMissing: true, hint: gone }
  }
  if (status === 401 && /^unauthorized: authentication failed\b/.test(read.detail ?? "")) {
    return { ...read, hint: refusedByProxy }
  }
  if (status === 400 && /container IP|no IP address found/i.test(read.detail ?? "")) {
    return { ...read, hint: notStarted }
  }
  if (status === 502 && body.trim() === "") return { ...read, hint: unreachable }
  const kind = status === 500 ? wrapped.exec(read.detail ?? "")?.groups?.["kind"] : undefined
  const standsFor = kind === undefined ? undefined : statusOfKind.get(kind)
  const parsed = parseObject(body) ?? {}
  return {
    ...read,
    detail: read.detail ?? listOfErrors(parsed),
    ...desktopFields(read, parsed),
    ...(standsFor === undefined ? {} : { standsFor })
  }
}
