/**
 * How the daemon in a sandbox words its failures: as an envelope with a `message`, as one of several objects with an `error`, or
 * not at all. Some of its handlers lose the kind of a failure and answer 500; their messages still begin with it.
 */

import type { ErrorBody } from "../ErrorBody.js"
import { readDaytonaErrorBody } from "./errorBody.js"

const wrapped = /^failed to execute command: (?<kind>[a-z ]+): /

/** How the daemon's messages begin, and the status that goes with it. */
const statusOfKind: ReadonlyMap<string, number> = new Map([
  ["bad request", 400],
  ["invalid body request", 400],
  ["forbidden", 403],
  ["not found", 404],
  ["conflict", 409],
  ["gone", 410]
])

const unreachable =
  "The proxy did not reach the daemon in the sandbox: it may be starting, stopping or out of memory. `Sandboxes.get` tells its state."

const missing = "The daemon in this sandbox does not have this operation; sandboxes made from a newer snapshot may."

const gone = "That is the sandbox itself: it was deleted, or has no container now. `Sandboxes.get` tells its state."

const notStarted = "The sandbox is not running; `Sandboxes.start` starts it."

const objectIn = (body: string): object => {
  try {
    const parsed: unknown = JSON.parse(body)
    return typeof parsed === "object" && parsed !== null ? parsed : {}
  } catch {
    return {}
  }
}

const lists = (body: object): string | undefined => {
  const errors: unknown = Reflect.get(body, "errors")
  return Array.isArray(errors) && errors.length > 0 ? errors.map(String).join("; ") : undefined
}

const textAt = (body: object, key: string): string | undefined => {
  const value: unknown = Reflect.get(body, key)
  return typeof value === "string" && value.trim() !== "" ? value : undefined
}

/** What the desktop of a sandbox says beside its message: `details`, a `solution`, and its code in `error`. */
const beside = (read: ErrorBody, body: object): Partial<ErrorBody> => {
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
  if (status === 400 && /container IP|no IP address found/i.test(read.detail ?? ""))
    return { ...read, hint: notStarted }
  if (status === 502 && body.trim() === "") return { ...read, hint: unreachable }
  const kind = status === 500 ? wrapped.exec(read.detail ?? "")?.groups?.["kind"] : undefined
  const standsFor = kind === undefined ? undefined : statusOfKind.get(kind)
  const parsed = objectIn(body)
  return {
    ...read,
    detail: read.detail ?? lists(parsed),
    ...beside(read, parsed),
    ...(standsFor === undefined ? {} : { standsFor })
  }
}
