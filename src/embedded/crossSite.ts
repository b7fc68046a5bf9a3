/**
 * Protects a server on a loopback port from web pages: any open page can send requests to the ports of this machine.
 */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"

/** The response to a web page from another site. */
export const crossSiteMessage =
  "403 a web page from elsewhere may have sent this: Origin and Host must be names of this machine, and Sec-Fetch-Site not cross-site"

/**
 * Responds 403 to requests that may come from a web page of another site, without passing them to the app. Any page
 * that is open on this machine can send requests to its ports, and must not be able to run prompts or commands.
 */
export const rejectCrossSite = <E, R>(app: HttpApp.Default<E, R>): HttpApp.Default<E, R> =>
  Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ headers }) =>
    isCrossSite(headers) ? HttpServerResponse.text(crossSiteMessage, { status: 403 }) : app
  )

/**
 * Whether a request may come from a web page of another site, or from one that reached this machine through a host name
 * of its own (DNS rebinding). Pages served by this machine are allowed; a page without an origin may be from anywhere.
 */
const isCrossSite = ({ host, origin, "sec-fetch-site": site }: Readonly<Record<string, string>>): boolean => {
  if (host !== undefined && !isOfThisMachine(`http://${host}`)) return true
  // Requests for images and links carry no origin. To a page that has one, other host names of this machine are other
  // sites.
  return origin === undefined ? site === "cross-site" : !isOfThisMachine(origin)
}

const isOfThisMachine = (url: string): boolean =>
  URL.canParse(url) && /^(?:(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(new URL(url).hostname)
