/** Matches requests against path templates such as `/jobs/{id}`. All embedded servers route with it. */

/** What a router has to know of a route. */
export interface Template {
  /** `ANY` matches every method. */
  readonly method: string
  /** A last segment `{path...}` takes the rest of the path. */
  readonly path: string
}

/** A route that matches a request, with the decoded values of its path parameters. */
export interface Match<R> {
  readonly route: R
  readonly parameters: ReadonlyMap<string, string>
}

/** Finds the route of a method and the segments of a path. */
export type Router<R> = (method: string, segments: ReadonlyArray<string>) => Match<R> | undefined

const isParameter = (segment: string) => segment.startsWith("{")
const isRest = (segment: string) => segment.endsWith("...}")

/** A router for `routes`. `decode` is applied to each segment of a path; a segment that it rejects matches nothing. */
export const make = <R extends Template>(
  routes: ReadonlyArray<R>,
  decode: (segment: string) => string | undefined = decodeSegment
): Router<R> => {
  const candidates = routes
    .map((route) => ({ route, template: segmentsOf(route.path) }))
    .sort((a, b) => precedence(a.template, b.template))
  return (method, segments) => {
    for (const { route, template } of candidates) {
      const isMethod = route.method === "ANY" || route.method === method
      const parameters = isMethod ? match(template, segments, decode) : undefined
      if (parameters !== undefined) return { route, parameters }
    }
    return undefined
  }
}

/** The segments of a path that begins with a slash. */
export const segmentsOf = (path: string): ReadonlyArray<string> => path.slice(1).split("/")

// A literal segment takes precedence over a parameter, so `/images/search` never names an image.
const precedence = (a: ReadonlyArray<string>, b: ReadonlyArray<string>): number => {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const difference = rank(a[index] ?? "") - rank(b[index] ?? "")
    if (difference !== 0) return difference
  }
  return 0
}

const rank = (segment: string) => (isRest(segment) ? 2 : isParameter(segment) ? 1 : 0)

const match = (
  template: ReadonlyArray<string>,
  segments: ReadonlyArray<string>,
  decode: (segment: string) => string | undefined
): ReadonlyMap<string, string> | undefined => {
  const isPrefix = isRest(template.at(-1) ?? "") && segments.length > template.length
  if (template.length !== segments.length && !isPrefix) return undefined
  const parameters = new Map<string, string>()
  for (const [index, expected] of template.entries()) {
    if (isRest(expected)) {
      const rest = segments.slice(index).map((segment) => decode(segment) ?? segment)
      return parameters.set(expected.slice(1, -"...}".length), rest.join("/"))
    }
    const actual = decode(segments[index] ?? "")
    if (isParameter(expected) && actual !== undefined && actual !== "") parameters.set(expected.slice(1, -1), actual)
    else if (expected !== actual) return undefined
  }
  return parameters
}

const decodeSegment = (segment: string): string | undefined => {
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}
