/** Durations and timestamps as Go reads and writes them. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"

const milliseconds: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000
}

// A Go duration counts nanoseconds in 64 bits, about 292 years.
const longest = 9_223_372_036_854

/** Parses a Go duration (`30s`, `1h30m`, `300ms`); the error is Go's message. */
export const parseDuration = (text: string): Either.Either<Duration.Duration, string> => {
  const invalid = Either.left(`time: invalid duration ${JSON.stringify(text)}`)
  const negative = text.startsWith("-")
  const body = /^[-+]/.test(text) ? text.slice(1) : text
  if (body === "0") return Either.right(Duration.zero)
  if (body === "") return invalid
  let rest = body
  let total = 0
  while (rest !== "") {
    const part = /^(\d+\.?\d*|\.\d+)([^\d.]*)/.exec(rest)
    if (part === null) return invalid
    const [matched, amount = "", unit = ""] = part
    if (unit === "") return Either.left(`time: missing unit in duration ${JSON.stringify(text)}`)
    const scale = milliseconds[unit]
    if (scale === undefined) {
      return Either.left(`time: unknown unit ${JSON.stringify(unit)} in duration ${JSON.stringify(text)}`)
    }
    total += Number(amount) * scale
    rest = rest.slice(matched.length)
  }
  if (total > longest) return invalid
  return Either.right(negative ? Duration.zero : Duration.millis(total))
}

/** RFC 3339 to the second, as in jobs. */
export const toSeconds = (millis: number): string => `${new Date(millis).toISOString().slice(0, 19)}Z`

/** Now, by {@link toNanos}. */
export const now: Effect.Effect<string> = Effect.map(Clock.currentTimeMillis, (millis) => toNanos(millis))

/** RFC 3339 with as many fractional digits as Go prints. */
export const toNanos = (millis: number): string => new Date(millis).toISOString().replace(/\.?0+Z$/, "Z")
