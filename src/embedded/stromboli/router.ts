import * as Data from "effect/Data"
import { type Route, type RouteName, routes } from "./routes.js"

/** Where a request goes. */
export type Destination = Data.TaggedEnum<{
  Handler: { readonly route: Route & { readonly name: RouteName }; readonly parameters: ReadonlyMap<string, string> }
  /** The same path without its trailing slash exists. */
  Redirect: { readonly location: string }
  /** No such route, or not with this method: the server does not tell them apart. */
  NotFound: {}
  /** The path cannot be decoded; the server's HTTP layer refuses it before any route is looked up. */
  Malformed: {}
}>
export const Destination = Data.taggedEnum<Destination>()

/** Finds the route of a method and a raw, still encoded path. */
export type Router = (method: string, rawPath: string) => Destination

const isParameter = (segment: string) => segment.startsWith("{")
const parameterCount = (segments: ReadonlyArray<string>) => segments.filter(isParameter).length

/** The router of one wire generation. Like gin's it matches the decoded path, where `%2F` is a separator like any other. */
export const make = (api: Route["since"]): Router => {
  const candidates = routes
    .filter((route) => route.since <= api)
    .map((route) => ({ route: named(route), segments: route.path.slice(1).split("/") }))
    // A literal segment wins over a hole, so `/images/search` is never an image.
    .sort((a, b) => parameterCount(a.segments) - parameterCount(b.segments))

  const find = (method: string, path: string): Destination => {
    const segments = path.slice(1).split("/")
    for (const candidate of candidates) {
      const parameters = candidate.route.method === method ? match(candidate.segments, segments) : undefined
      if (parameters !== undefined) return Destination.Handler({ route: candidate.route, parameters })
    }
    return Destination.NotFound()
  }

  return (method, rawPath) => {
    const path = decodePath(rawPath)
    if (path === undefined) return Destination.Malformed()
    const found = find(method, path)
    if (found._tag === "NotFound" && path.length > 1 && path.endsWith("/")) {
      const location = rawPath.replace(/(\/|%2f)$/i, "")
      return find(method, path.slice(0, -1))._tag === "Handler" ? Destination.Redirect({ location }) : found
    }
    return found
  }
}

const named = (route: (typeof routes)[number]) => ({ ...route, name: nameOf(route) })

// The template type of a name does not survive `map` over a union; the union itself is what it is built from.
const nameOf = (route: (typeof routes)[number]): RouteName => `${route.method} ${route.path}` as RouteName

const match = (
  template: ReadonlyArray<string>,
  segments: ReadonlyArray<string>
): ReadonlyMap<string, string> | undefined => {
  if (template.length !== segments.length) return undefined
  const parameters = new Map<string, string>()
  for (const [index, expected] of template.entries()) {
    const actual = segments[index] ?? ""
    if (isParameter(expected) && actual !== "") {
      parameters.set(expected.slice(1, -1), actual)
    } else if (expected !== actual) {
      return undefined
    }
  }
  return parameters
}

// Unlike decodeURIComponent this accepts escapes that are no UTF-8: the server does, and answers about a path nobody has.
const decodePath = (rawPath: string): string | undefined => {
  if (/%(?![0-9a-fA-F]{2})/.test(rawPath)) return undefined
  return rawPath.replace(/(%[0-9a-fA-F]{2})+/g, (escaped) => Buffer.from(escaped.replaceAll("%", ""), "hex").toString())
}
