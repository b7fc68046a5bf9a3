/** The address of a server, checked before anything is sent to it. */
import * as Either from "effect/Either"

/** Scheme, host, port and base path, without a slash at the end; or what is wrong with it. */
export const parse = (baseUrl: string): Either.Either<string, string> => {
  if (!URL.canParse(baseUrl)) {
    return Either.left("must be an absolute URL such as http://localhost:8585")
  }
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
