/** The rate limits, with the headers that Daytona sends. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Throttler } from "../Options.js"
import type { Settings } from "../Settings.js"
import { HttpError } from "./HttpError.js"

/**
 * Rate limits: a count per client in a window that starts with its first request. A request beyond the limit blocks the
 * client for the length of a whole window, whatever is left of the current one.
 */
export interface Throttlers {
  /** Refuses a request of a client that has reached the limit, without counting it. */
  readonly refuseBlocked: (throttler: Throttler, party: string) => Effect.Effect<void, HttpError>
  /** Counts a request and returns the headers that report what is left. */
  readonly count: (throttler: Throttler, party: string) => Effect.Effect<Readonly<Record<string, string>>, HttpError>
}

interface Window {
  readonly count: number
  /** When the window ends, or the block. */
  readonly endsAt: number
  readonly isBlocked: boolean
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
        const found = windows.get(key)
        const running = found !== undefined && found.endsAt > now ? found : undefined
        const { count, endsAt, isBlocked } = running ?? { count: 0, endsAt: now + rate.ttl * 1_000, isBlocked: false }
        const exceeds = count >= rate.limit
        const until = exceeds && !isBlocked ? now + rate.ttl * 1_000 : endsAt
        windows.set(key, { count: count + 1, endsAt: until, isBlocked: exceeds })
        const seconds = `${Math.ceil((until - now) / 1_000)}`
        return exceeds
          ? tooMany(throttler, seconds)
          : Effect.succeed({
              [`x-ratelimit-limit-${throttler}`]: `${rate.limit}`,
              [`x-ratelimit-remaining-${throttler}`]: `${rate.limit - count - 1}`,
              [`x-ratelimit-reset-${throttler}`]: seconds
            })
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
