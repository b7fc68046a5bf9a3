import type { Machine } from "../Machine.js"
import type { Route } from "../Route.js"

/** A route that a request matches, with the decoded values of the holes in its path. */
export interface Match {
  readonly route: Route
  readonly parameters: ReadonlyMap<string, string>
}

/** Finds the route of a method and a raw path below the toolbox. */
export type Router = (method: string, rawPath: string) => Match | undefined

const isParameter = (segment: string) => segment.startsWith("{")
const isRest = (segment: string) => segment.endsWith("...}")

/** The router of one wire generation. It cuts the path first and decodes its parts then. */
export const make = (routes: ReadonlyArray<Route>, generation: Machine["generation"]): Router => {
  const candidates = routes
    .filter(({ only }) => only === undefined || only === generation)
    .map((route) => ({ route, segments: route.path.slice(1).split("/") }))
    .sort((a, b) => precedence(a.segments, b.segments))

  return (method, rawPath) => {
    const actual = rawPath.slice(1).split("/")
    for (const { route, segments } of candidates) {
      const parameters = route.method === "ANY" || route.method === method ? match(segments, actual) : undefined
      if (parameters !== undefined) return { route, parameters }
    }
    return undefined
  }
}

// Segment by segment a literal wins over a hole, so `/process/session/entrypoint` is no session of that name.
const precedence = (a: ReadonlyArray<string>, b: ReadonlyArray<string>): number => {
  for (const [index, segment] of a.entries()) {
    const difference = rank(segment) - rank(b[index] ?? "")
    if (difference !== 0) return difference
  }
  return 0
}

const rank = (segment: string) => (isRest(segment) ? 2 : isParameter(segment) ? 1 : 0)

const match = (
  template: ReadonlyArray<string>,
  actual: ReadonlyArray<string>
): ReadonlyMap<string, string> | undefined => {
  const parameters = new Map<string, string>()
  for (const [index, expected] of template.entries()) {
    if (isRest(expected)) {
      parameters.set(expected.slice(1, -"...}".length), actual.slice(index).map(decodeLeniently).join("/"))
      return parameters
    }
    const segment = decode(actual[index] ?? "")
    if (isParameter(expected) && segment !== undefined && segment !== "") {
      parameters.set(expected.slice(1, -1), segment)
    } else if (expected !== segment) {
      return undefined
    }
  }
  return template.length === actual.length ? parameters : undefined
}

const decode = (segment: string): string | undefined => {
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}

const decodeLeniently = (segment: string): string => decode(segment) ?? segment
