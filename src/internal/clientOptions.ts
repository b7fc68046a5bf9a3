/** The options that both systems share, checked before anything is sent. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import type { InvalidRequest } from "../errors/ApiError.js"
import type { System } from "../errors/RequestFailure.js"
import type { ClientOptions, RequestPolicy } from "../RequestOptions.js"
import { isHeaderName, isHeaderValue } from "../schema/headerValue.js"
import { sdkVersion } from "../version.js"
import * as Arguments from "./arguments.js"
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
      const text: unknown = Redacted.isRedacted(value) ? Redacted.value(value) : value
      return typeof text === "string" && isHeaderValue(text)
        ? Effect.void
        : Effect.fail(invalidRequest(at, `headers.${name}`, "must be printable ASCII, without line breaks"))
    },
    { discard: true }
  )

interface At {
  readonly system: System
  readonly operation: string
}

/** Names of options that hold text, and of those that hold secrets. */
interface OptionNames<Options> {
  readonly text: ReadonlyArray<keyof Options & string>
  readonly redacted: ReadonlyArray<keyof Options & string>
}

/** Refuses options of the wrong kind, which a program without types may pass. */
export const checkOptions = <Options extends ClientOptions>(
  at: At,
  options: Options,
  { redacted, text }: OptionNames<Options>
): Either.Either<void, InvalidRequest> => {
  const refused = (field: string, problem: string) => Either.left(invalidRequest(at, field, problem))
  for (const field of [...text, "userAgent" as const]) {
    const value: unknown = options[field]
    if (value !== undefined && typeof value !== "string") return refused(field, "must be text")
  }
  for (const field of redacted) {
    const value: unknown = options[field]
    if (value === undefined) continue
    const found = Arguments.secret(value, field)
    if (found !== undefined) return refused(field, found.problem)
  }
  const { headers, transformClient } = options
  const ofHeaders = Arguments.optional(Arguments.struct({}))(headers, "headers")
  if (ofHeaders !== undefined) return refused(ofHeaders.field, ofHeaders.problem)
  if (transformClient !== undefined && typeof transformClient !== "function") {
    return refused("transformClient", "must be a function from an `HttpClient` to another one")
  }
  const wrongTimeout = Arguments.optional(Arguments.duration)(options.shutdownTimeout, "shutdownTimeout")
  if (wrongTimeout !== undefined) return refused("shutdownTimeout", wrongTimeout.problem)
  const problem = policyProblem(options)
  return problem === undefined ? Either.void : refused(problem.field, problem.problem)
}

/** A field of a policy, and what is wrong with it. */
export interface PolicyProblem {
  readonly field: keyof RequestPolicy
  readonly problem: string
}

const durations = ["timeout", "idleTimeout", "deadline"] as const

/** What is wrong with a policy whose author had no types, if anything is. */
export const policyProblem = (policy: RequestPolicy): PolicyProblem | undefined => {
  for (const field of durations) {
    const found = Arguments.optional(Arguments.duration)(policy[field], field)
    if (found !== undefined) return { field, problem: found.problem }
  }
  const { maxResponseSize, retry } = policy
  if (retry !== undefined && retry !== false && !Schedule.isSchedule(retry)) {
    return { field: "retry", problem: "must be a `Schedule`, or `false` for no retries" }
  }
  return maxResponseSize === undefined || maxResponseSize === Number.POSITIVE_INFINITY || isSize(maxResponseSize)
    ? undefined
    : { field: "maxResponseSize", problem: "must be a positive whole number of bytes, or `Infinity`" }
}

const isSize = (value: number): boolean => Number.isSafeInteger(value) && value > 0
