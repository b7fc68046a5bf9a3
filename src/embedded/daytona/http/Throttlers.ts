/** The rate limits, with the headers that Daytona sends. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Throttler } from "../Options.js"
import type { Settings } from "../Settings.js"
import { HttpError } from "./HttpError.js"

/** Rate limits: a count per client in a window that starts with its first request. */
export interface Throttlers {
  /** Refuses a request of a client that has reached the limit, without counting it. */
  readonly refuseBlocked: (throttler: Throttler, party: string) => Effect.Effect<void, HttpError>
  /** Counts a request and returns the headers that report what is left. */
  readonly count: (throttler: Throttler, party: string) => Effect.Effect<Readonly<Record<string, string>>, HttpError>
}

interface Window {
  readonly count: number
  readonly endsAt: number
}

export const make = (settings: Settings): Throttlers => {
  const windows = new Map<string, Window>()
  return {
    refuseBlocked: (throttler, party) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const rate = settings.rateLimits[throttler]
        const running = windows.get(`${throttler} ${party}`)
        return rate === undefined || running === undefined || running.endsAt <= now || running.count < rate.limit
          ? Effect.void
          : tooMany(throttler, `${Math.ceil((running.endsAt - now) / 1_000)}`)
      }),
    count: (throttler, party) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const rate = settings.rateLimits[throttler]
        if (rate === undefined) return Effect.succeed({})
        const key = `${throttler} ${party}`
        const running = windows.get(key)
        const { count, endsAt } =
          running !== undefined && running.endsAt > now ? running : { count: 0, endsAt: now + rate.ttl * 1_000 }
        windows.set(key, { count: count + 1, endsAt })
        const seconds = `${Math.ceil((endsAt - now) / 1_000)}`
        return count < rate.limit
          ? Effect.succeed({
              [`x-ratelimit-limit-${throttler}`]: `${rate.limit}`,
              [`x-ratelimit-remaining-${throttler}`]: `${rate.limit - count - 1}`,
              [`x-ratelimit-reset-${throttler}`]: seconds
            })
          : tooMany(throttler, seconds)
      })
  }
}

// A 429 does not report the limit itself, and only the one for failed logins sends a plain `Retry-After`.
const tooMany = (throttler: Throttler, seconds: string) =>
  new HttpError({
    status: 429,
    message: "ThrottlerException: Too Many Requests",
    headers: {
      [`retry-after-${throttler}`]: seconds,
      ...(throttler === "failed-auth" ? { "retry-after": seconds } : {})
    }
  })
