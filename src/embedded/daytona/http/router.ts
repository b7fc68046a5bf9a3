import { type Route, type RouteName, routes } from "./routes.js"

/** A route that a request matches, with the decoded values of the holes in its path. */
export interface Match {
  readonly route: Route
  readonly name: RouteName
  readonly parameters: ReadonlyMap<string, string>
}

/** Finds the route of a method and a raw path below `/api`. */
export type Router = (method: string, rawPath: string) => Match | undefined

const isParameter = (segment: string) => segment.startsWith("{")
const parameterCount = (segments: ReadonlyArray<string>) => segments.filter(isParameter).length

/** The router of one wire generation. Like Express' it cuts the path first and decodes its parts then. */
export const make = (generation: Route["since"]): Router => {
  const candidates = routes
    .filter(({ since }) => since === "0.190" || generation === "current")
    .map((route) => ({ route, name: nameOf(route), segments: route.path.slice(1).split("/") }))
    // A literal segment wins over a hole, so `/secret/paginated` is never a secret.
    .sort((a, b) => parameterCount(a.segments) - parameterCount(b.segments))

  return (method, rawPath) => {
    const segments = rawPath.replace(/\/$/, "").slice(1).split("/")
    for (const { name, route, segments: template } of candidates) {
      const parameters = route.method === method ? match(template, segments) : undefined
      if (parameters !== undefined) return { route, name, parameters }
    }
    return undefined
  }
}

// The template type of a name does not survive `map` over a union; the union itself is what it is built from.
const nameOf = (route: (typeof routes)[number]): RouteName => `${route.method} ${route.path}` as RouteName

const match = (
  template: ReadonlyArray<string>,
  segments: ReadonlyArray<string>
): ReadonlyMap<string, string> | undefined => {
  if (template.length !== segments.length) return undefined
  const parameters = new Map<string, string>()
  for (const [index, expected] of template.entries()) {
    const actual = decode(segments[index] ?? "")
    if (isParameter(expected) && actual !== undefined && actual !== "") {
      parameters.set(expected.slice(1, -1), actual)
    } else if (expected !== actual) {
      return undefined
    }
  }
  return parameters
}

const decode = (segment: string): string | undefined => {
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}
