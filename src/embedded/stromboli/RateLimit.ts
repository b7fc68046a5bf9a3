/** The rate limit: a token bucket per client. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Settings } from "./Options.js"

/** The decision about a request. */
export interface RateLimitDecision {
  readonly allowed: boolean
  /** Sent whether or not the request is allowed. */
  readonly headers: Readonly<Record<string, string>>
}

/** A token bucket per client. Without a limit every request is allowed and no header is sent. */
export type RateLimit = (client: string) => Effect.Effect<RateLimitDecision>

const unlimited: RateLimitDecision = { allowed: true, headers: {} }

export const make = (settings: Settings): RateLimit => {
  const limit = settings.rateLimit
  if (limit === undefined) return () => Effect.succeed(unlimited)
  const { burst, perSecond } = limit
  const buckets = new Map<string, { readonly tokens: number; readonly at: number }>()
  return (client) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      const { at, tokens } = buckets.get(client) ?? { tokens: burst, at: now }
      const refilled = Math.min(burst, tokens + ((now - at) / 1_000) * perSecond)
      const allowed = refilled >= 1
      const left = allowed ? refilled - 1 : refilled
      buckets.set(client, { tokens: left, at: now })
      // Before 0.5 the header reported the used requests.
      const remaining = !allowed ? 0 : settings.api === "0.4" ? burst - left : left
      return {
        allowed,
        headers: {
          "x-ratelimit-limit": `${perSecond}`,
          "x-ratelimit-remaining": `${Math.floor(remaining)}`,
          "x-ratelimit-reset": `${Math.floor(now / 1_000) + 1}`
        }
      }
    })
}
