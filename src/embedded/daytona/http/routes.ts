/** The routes of the API as data, and the router over them. */
import * as Router from "../../router.js"
import type { Permission, Throttler } from "../Options.js"

/** A route of the API: a method, a path template below `/api`, and what a request must pass before its handler. */
export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE"
  readonly path: string
  /** The rate limit that applies. `anonymous`: no credentials are required. */
  readonly throttler: Exclude<Throttler, "failed-auth">
  /** The API key needs one of these permissions. */
  readonly permissions: ReadonlyArray<Permission>
  /** The wire generation that introduced it. */
  readonly since: "0.190" | "current"
}

const none: ReadonlyArray<Permission> = []
const write: ReadonlyArray<Permission> = ["write:sandboxes"]
const remove: ReadonlyArray<Permission> = ["delete:sandboxes"]
const writeSnapshots: ReadonlyArray<Permission> = ["write:snapshots"]
const push: ReadonlyArray<Permission> = ["write:snapshots", "write:sandboxes"]

const route = <M extends Route["method"], P extends string>(
  method: M,
  path: P,
  permissions: ReadonlyArray<Permission> = none,
  throttler: Route["throttler"] = "authenticated",
  since: Route["since"] = "0.190"
) => ({ method, path, permissions, throttler, since })

const one = "/sandbox/{idOrName}"

/** Every route of the API, as data: tests compare a client's operations with it. */
export const routes = [
  route("GET", "/config", none, "anonymous"),
  route("GET", "/health", none, "anonymous"),
  route("GET", "/health/ready"),
  route("POST", "/sandbox", write, "sandbox-create"),
  route("GET", "/sandbox", none, "sandbox-list"),
  route("GET", "/sandbox/paginated", none, "sandbox-list"),
  route("GET", "/sandbox/ssh-access/validate"),
  route("GET", one),
  route("DELETE", one, remove, "sandbox-lifecycle"),
  route("POST", `${one}/start`, write, "sandbox-lifecycle"),
  route("POST", `${one}/stop`, write, "sandbox-lifecycle"),
  route("POST", `${one}/pause`, write, "sandbox-lifecycle"),
  route("POST", `${one}/archive`, write, "sandbox-lifecycle"),
  route("POST", `${one}/recover`, write, "sandbox-lifecycle"),
  route("POST", `${one}/resize`, write, "sandbox-lifecycle"),
  route("PUT", `${one}/labels`, write),
  route("POST", `${one}/autostop/{interval}`, write),
  route("POST", `${one}/autopause/{interval}`, write, "authenticated", "current"),
  route("POST", `${one}/autoarchive/{interval}`, write),
  route("POST", `${one}/autodelete/{interval}`, write),
  route("POST", `${one}/ttl/{ttlMinutes}`, write, "authenticated", "current"),
  route("POST", `${one}/public/{isPublic}`, write),
  route("POST", `${one}/network-settings`, write),
  route("PUT", `${one}/secrets`, write, "authenticated", "current"),
  route("POST", `${one}/fork`, write, "sandbox-create"),
  route("GET", `${one}/forks`),
  route("GET", `${one}/parent`),
  route("GET", `${one}/ancestors`),
  route("POST", `${one}/snapshot`, write),
  route("POST", "/sandbox/{id}/last-activity"),
  route("GET", `${one}/ports/{port}/preview-url`),
  route("GET", `${one}/ports/{port}/signed-preview-url`),
  route("POST", `${one}/ports/{port}/signed-preview-url/{token}/expire`),
  route("POST", `${one}/ssh-access`, write),
  route("DELETE", `${one}/ssh-access`, write),
  route("GET", "/sandbox/{id}/toolbox-proxy-url"),
  route("GET", `${one}/build-logs-url`),
  route("GET", `${one}/build-logs`),
  route("GET", "/sandbox/{id}/signing-key", none, "authenticated", "current"),
  route("POST", "/sandbox/{id}/signing-key/rotate", write, "authenticated", "current"),
  route("GET", "/sandbox/{id}/telemetry/logs"),
  route("GET", "/sandbox/{id}/telemetry/traces"),
  route("GET", "/sandbox/{id}/telemetry/traces/{traceId}"),
  route("GET", "/sandbox/{id}/telemetry/metrics"),
  route("POST", "/snapshots", writeSnapshots),
  route("GET", "/snapshots"),
  route("GET", "/snapshots/{idOrName}"),
  route("DELETE", "/snapshots/{id}", ["delete:snapshots"]),
  route("POST", "/snapshots/{id}/activate", writeSnapshots),
  route("POST", "/snapshots/{id}/deactivate", writeSnapshots),
  route("GET", "/snapshots/{id}/build-logs-url"),
  route("GET", "/snapshots/{id}/build-logs"),
  route("GET", "/volumes", ["read:volumes"]),
  route("POST", "/volumes", ["write:volumes"]),
  route("GET", "/volumes/by-name/{name}", ["read:volumes"]),
  route("GET", "/volumes/{id}", ["read:volumes"]),
  route("DELETE", "/volumes/{id}", ["delete:volumes"]),
  route("POST", "/secret", none, "authenticated", "current"),
  route("GET", "/secret", none, "authenticated", "current"),
  route("GET", "/secret/paginated", none, "authenticated", "current"),
  route("GET", "/secret/{id}", none, "authenticated", "current"),
  route("PATCH", "/secret/{id}", none, "authenticated", "current"),
  route("DELETE", "/secret/{id}", none, "authenticated", "current"),
  route("GET", "/warm-pools", none, "authenticated", "current"),
  route("POST", "/warm-pools", none, "authenticated", "current"),
  route("PATCH", "/warm-pools/{id}", none, "authenticated", "current"),
  route("DELETE", "/warm-pools/{id}", none, "authenticated", "current"),
  route("GET", "/regions"),
  route("GET", "/regions/{id}"),
  route("GET", "/shared-regions"),
  route("GET", "/object-storage/push-access", push)
] as const satisfies ReadonlyArray<Route>

/** A route by name: `GET /snapshots/{idOrName}`. */
export type RouteName = RouteNameOf<(typeof routes)[number]>
type RouteNameOf<R> = R extends { readonly method: infer M extends string; readonly path: infer P extends string }
  ? `${M} ${P}`
  : never

/** A route that matches a request, with the decoded values of its path parameters. */
export interface RouteMatch extends Router.Match<Route> {
  readonly name: RouteName
}

/** Finds the route of a method and a raw path below `/api`. */
export type ApiRouter = (method: string, rawPath: string) => RouteMatch | undefined

/** The router of one wire generation. Like Express's, it splits the path first and then decodes its segments. */
export const makeRouter = (generation: Route["since"]): ApiRouter => {
  const router = Router.make(routes.filter(({ since }) => since === "0.190" || generation === "current"))
  return (method, rawPath) => {
    const match = router(method, Router.segmentsOf(rawPath.replace(/\/$/, "")))
    return match === undefined ? undefined : { ...match, name: nameOf(match.route) }
  }
}

// The template type of a name does not distribute over a union; each name is built from one member of that union.
const nameOf = (route: (typeof routes)[number]): RouteName => `${route.method} ${route.path}` as RouteName
