/** The options that both systems share, checked before anything is sent. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import type { InvalidRequest } from "../errors/ApiError.js"
import type { System } from "../errors/RequestFailure.js"
import { isHeaderName, isHeaderValue } from "../schema/headerValue.js"
import { sdkVersion } from "../version.js"
import { invalidRequest } from "./failure.js"

/** The address of a server: scheme, host, port and base path, without a trailing slash; or what is wrong with it. */
export const parseBaseUrl = (baseUrl: string): Either.Either<string, string> => {
  if (!URL.canParse(baseUrl)) return Either.left("must be an absolute URL such as http://localhost:8585")
  const url = new URL(baseUrl)
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    return Either.left(`must start with http:// or https://, not ${url.protocol}`)
  }
  if (url.hostname === "") return Either.left("must name a host")
  if (url.username !== "" || url.password !== "") {
    return Either.left("must not hold credentials: they would end up in logs; use the token option")
  }
  if (url.search !== "" || url.hash !== "") return Either.left("must not have a query or a fragment")
  return Either.right(url.origin + url.pathname.replace(/\/+$/, ""))
}

/** The value of `User-Agent`, with the caller's own name first. */
export const userAgentOf = (userAgent: string | undefined): string =>
  `${userAgent === undefined ? "" : `${userAgent} `}effect-sandboxes/${sdkVersion}`

/** Some transports throw on a header that they cannot send, with its value in the message. */
export const checkHeaders = (
  at: { readonly system: System; readonly operation: string },
  headers: Readonly<Record<string, string | Redacted.Redacted>>
): Effect.Effect<void, InvalidRequest> =>
  Effect.forEach(
    Object.entries(headers),
    ([name, value]) => {
      if (!isHeaderName(name)) return Effect.fail(invalidRequest(at, "headers", "has a name that no header can have"))
      return isHeaderValue(Redacted.isRedacted(value) ? Redacted.value(value) : value)
        ? Effect.void
        : Effect.fail(invalidRequest(at, `headers.${name}`, "must be printable ASCII, without line breaks"))
    },
    { discard: true }
  )
