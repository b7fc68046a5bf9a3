/** A route of the server: a method, a path template, and what a request must pass before its handler. */
export interface Route {
  readonly method: "GET" | "POST" | "DELETE"
  readonly path: string
  /** `public`: nothing. `bearer`: authentication only. `protected`: the rate limit, then authentication. */
  readonly access: "public" | "bearer" | "protected"
  /** The wire generation that introduced it. */
  readonly since: "0.4" | "0.5"
}

/** Every route of the server, as data: tests compare a client's operations with it. */
export const routes = [
  { method: "GET", path: "/health", access: "public", since: "0.4" },
  { method: "POST", path: "/auth/token", access: "bearer", since: "0.4" },
  { method: "POST", path: "/auth/refresh", access: "public", since: "0.4" },
  { method: "GET", path: "/auth/validate", access: "public", since: "0.4" },
  { method: "POST", path: "/auth/logout", access: "public", since: "0.4" },
  { method: "GET", path: "/claude/status", access: "protected", since: "0.4" },
  { method: "POST", path: "/run", access: "protected", since: "0.4" },
  { method: "POST", path: "/run/async", access: "protected", since: "0.4" },
  { method: "GET", path: "/run/stream", access: "protected", since: "0.4" },
  { method: "GET", path: "/jobs", access: "protected", since: "0.4" },
  { method: "GET", path: "/jobs/{id}", access: "protected", since: "0.4" },
  { method: "DELETE", path: "/jobs/{id}", access: "protected", since: "0.4" },
  { method: "GET", path: "/sessions", access: "protected", since: "0.4" },
  { method: "DELETE", path: "/sessions/{id}", access: "protected", since: "0.4" },
  { method: "GET", path: "/sessions/{id}/messages", access: "protected", since: "0.4" },
  { method: "GET", path: "/sessions/{id}/messages/{message_id}", access: "protected", since: "0.4" },
  { method: "GET", path: "/secrets", access: "protected", since: "0.4" },
  { method: "POST", path: "/secrets", access: "protected", since: "0.4" },
  { method: "GET", path: "/secrets/{name}", access: "protected", since: "0.4" },
  { method: "DELETE", path: "/secrets/{name}", access: "protected", since: "0.4" },
  { method: "GET", path: "/images", access: "protected", since: "0.4" },
  { method: "GET", path: "/images/search", access: "protected", since: "0.4" },
  { method: "POST", path: "/images/pull", access: "protected", since: "0.4" },
  { method: "GET", path: "/images/{name}", access: "protected", since: "0.4" },
  { method: "POST", path: "/agents", access: "protected", since: "0.5" },
  { method: "GET", path: "/agents", access: "protected", since: "0.5" },
  { method: "GET", path: "/agents/{id}", access: "protected", since: "0.5" },
  { method: "POST", path: "/agents/{id}/send", access: "protected", since: "0.5" },
  { method: "GET", path: "/agents/{id}/stream", access: "protected", since: "0.5" },
  { method: "DELETE", path: "/agents/{id}", access: "protected", since: "0.5" }
] as const satisfies ReadonlyArray<Route>

/** A route by name: `GET /jobs/{id}`. */
export type RouteName = RouteNameOf<(typeof routes)[number]>
type RouteNameOf<R extends Route> = R extends Route ? `${R["method"]} ${R["path"]}` : never
