/** Finds the route of a request as gin does, with its redirects. */
import * as Data from "effect/Data"
import * as Router from "../router.js"
import * as GoQuery from "./go/query.js"
import { type Route, type RouteName, routes } from "./routes.js"

/** The result of routing a request. */
export type Destination = Data.TaggedEnum<{
  Handler: { readonly route: Route & { readonly name: RouteName }; readonly parameters: ReadonlyMap<string, string> }
  /** The same path without its trailing slash exists. */
  Redirect: { readonly location: string }
  /** No such route, or not with this method: the server does not distinguish the two. */
  NotFound: {}
  /** The path cannot be decoded; the server's HTTP layer refuses it before routing. */
  Malformed: {}
}>
export const Destination = Data.taggedEnum<Destination>()

/** Finds the route of a method and a raw, still encoded path. */
export type StromboliRouter = (method: string, rawPath: string) => Destination

/** The router of one wire generation. Like gin's, it matches the decoded path, in which `%2F` is a separator. */
export const make = (api: Route["since"]): StromboliRouter => {
  const router = Router.make(routes.filter((route) => route.since <= api).map(named), (segment) => segment)

  const find = (method: string, path: string): Destination => {
    const match = router(method, Router.segmentsOf(path))
    return match === undefined ? Destination.NotFound() : Destination.Handler(match)
  }

  return (method, rawPath) => {
    // Unlike decodeURIComponent, this accepts escapes that are not UTF-8, as the server does: no route matches such a
    // path.
    const path = GoQuery.unescape(rawPath)
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

// `map` over a union loses the template type of a name; each name is built from one member of that union.
const nameOf = (route: (typeof routes)[number]): RouteName => `${route.method} ${route.path}` as RouteName
