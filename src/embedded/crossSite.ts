import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"

/** What a web page is told instead of an answer. */
export const crossSiteMessage =
  "403 a web page from elsewhere may have sent this: Origin and Host must be names of this machine, and Sec-Fetch-Site not cross-site"

/**
 * The app, for everybody but web pages from elsewhere: they get 403, and the app does not hear of them. Every page that is open
 * on this machine can send requests to its ports, and must not run prompts or commands by that.
 */
export const rejectCrossSite = <E, R>(app: HttpApp.Default<E, R>): HttpApp.Default<E, R> =>
  Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ headers }) =>
    isCrossSite(headers) ? HttpServerResponse.text(crossSiteMessage, { status: 403 }) : app
  )

/**
 * Whether a web page from elsewhere may have sent a request, or one that a name of its own leads here (DNS rebinding). Pages of
 * this machine are not meant; one without an origin may be from anywhere.
 */
const isCrossSite = ({ host, origin, "sec-fetch-site": site }: Readonly<Record<string, string>>): boolean => {
  if (host !== undefined && !isOfThisMachine(`http://${host}`)) return true
  // Images and links tell no origin; and for a page with one, other names of this machine are other sites.
  return origin === undefined ? site === "cross-site" : !isOfThisMachine(origin)
}

const isOfThisMachine = (url: string): boolean =>
  URL.canParse(url) && /^(?:(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(new URL(url).hostname)
