/** How long a server asks its clients to wait, in any of the headers that servers use. */
import * as Duration from "effect/Duration"

/** The shortest wait, also for a reset time in the past. */
const shortest = Duration.millis(100)

type Headers = Readonly<Record<string, string | undefined>>

const positive = (text: string | undefined): number | undefined => {
  if (text === undefined || text.trim() === "") return undefined
  const number = Number(text)
  return Number.isFinite(number) && number >= 0 ? number : undefined
}

/**
 * `Retry-After` is a number of seconds or a date; a date counts from the server's own clock, where a header tells it.
 */
const fromValue = (value: string, serverNow: number): Duration.Duration | undefined => {
  const seconds = positive(value)
  if (seconds !== undefined) return Duration.seconds(seconds)
  // Every HTTP date begins with a weekday; `Date.parse` alone reads "-3" as a year.
  const date = /^[a-z]{3}/i.test(value) ? Date.parse(value) : Number.NaN
  return Number.isNaN(date) ? undefined : Duration.millis(Math.max(0, date - serverNow))
}

/** `X-RateLimit-Reset`: Unix seconds (Stromboli), or seconds from now where the number is too small for a date. */
const fromReset = (value: string, serverNow: number): Duration.Duration | undefined => {
  const seconds = positive(value)
  if (seconds === undefined) return undefined
  return Duration.millis(Math.max(0, seconds < 1e9 ? seconds * 1000 : seconds * 1000 - serverNow))
}

/**
 * The longest wait that the response asks for: `Retry-After-Ms`, `Retry-After`, `Retry-After-<throttler>`, and, for a
 * 429 without any of them, `X-RateLimit-Reset`. Header names are lower case.
 */
export const retryAfter = (status: number, headers: Headers, now: number): Duration.Duration | undefined => {
  const date = Date.parse(headers["date"] ?? "")
  const serverNow = Number.isNaN(date) ? now : date
  const waits: Array<Duration.Duration> = []
  const add = (wait: Duration.Duration | undefined) => wait !== undefined && waits.push(wait)
  for (const name of Object.keys(headers)) {
    if (!name.startsWith("retry-after")) continue
    const value = headers[name] ?? ""
    const milliseconds = positive(value)
    if (name === "retry-after-ms") add(milliseconds === undefined ? undefined : Duration.millis(milliseconds))
    else add(fromValue(value, serverNow))
  }
  if (waits.length === 0 && status === 429) add(fromReset(headers["x-ratelimit-reset"] ?? "", serverNow))
  return waits.length === 0 ? undefined : waits.reduce(Duration.max, shortest)
}
