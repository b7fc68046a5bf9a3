/** Where a request goes, as undici takes it. */
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as UrlParams from "@effect/platform/UrlParams"
import * as Either from "effect/Either"
import * as Option from "effect/Option"

/** A class: literals that live as long as their request are moved to old space, and what they hold with them. */
export class Target {
  /** `null` for a scheme that has none. */
  readonly origin: string
  /** With the query. */
  readonly path: string
  readonly href: string

  constructor(origin: string, path: string, href = origin + path) {
    this.origin = origin
    this.path = path
    this.href = href
  }
}

/**
 * An address below an origin that `URL` would leave as it is: nothing to be encoded, and no segment that stands for
 * another one. Parsing costs a tenth of a request, and the addresses of operations are like this.
 */
const plain = /^(https?:\/\/[^/?#]+)((?:\/(?!\.|%2e)[\w~!$&'()*+,;=:@%.-]*)+)$/i

/** Most programs talk to one server, or to few in turn. */
let lastOrigin = ""

const isOrigin = (text: string): boolean => {
  if (text === lastOrigin) return true
  if (!URL.canParse(text) || new URL(text).origin !== text) return false
  lastOrigin = text
  return true
}

/** Or why there is no such place. */
export const of = (request: HttpClientRequest.HttpClientRequest): Either.Either<Target, Error> => {
  const [, origin = "", path = ""] = (Option.isNone(request.hash) ? plain.exec(request.url) : null) ?? []
  if (origin !== "" && isOrigin(origin)) {
    const query = request.urlParams.length === 0 ? "" : `?${UrlParams.toString(request.urlParams)}`
    return Either.right(new Target(origin, path + query))
  }
  const url = UrlParams.makeUrl(request.url, request.urlParams, request.hash)
  return Either.map(url, ({ href, origin, pathname, search }) => new Target(origin, pathname + search, href))
}
