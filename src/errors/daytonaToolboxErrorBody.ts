/**
 * How the daemon in a sandbox words its failures: as an envelope with a `message`, as one of several objects with an `error`, or
 * not at all. Some of its handlers lose the kind of a failure and answer 500; their messages still begin with it.
 */
import { readDaytonaErrorBody } from "./daytonaErrorBody.js"
import type { ErrorBody } from "./ErrorBody.js"

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

const lists = (body: string): string | undefined => {
  try {
    const parsed: unknown = JSON.parse(body)
    const errors: unknown = typeof parsed === "object" && parsed !== null ? Reflect.get(parsed, "errors") : undefined
    return Array.isArray(errors) && errors.length > 0 ? errors.map(String).join("; ") : undefined
  } catch {
    return undefined
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
  return {
    ...read,
    detail: read.detail ?? lists(body),
    ...(standsFor === undefined ? {} : { standsFor })
  }
}
