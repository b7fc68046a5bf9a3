/** How far the clock of a server is from ours: signatures, tokens and times that are shown depend on it. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { duration } from "../frame/words.js"
import type { Check } from "./Check.js"

/** `Date` has no fractions of a second. */
const precision = 1_000

/** From here on, tokens are refused early or accepted late. */
const tolerated = 30_000

/** How far ahead the clock of the server is, in milliseconds; `undefined`: it does not say what time it is. */
export const skew = (url: string): Effect.Effect<number | undefined, never, HttpClient.HttpClient> =>
  Effect.gen(function* () {
    const before = yield* Clock.currentTimeMillis
    const response = yield* HttpClient.get(url)
    const after = yield* Clock.currentTimeMillis
    const served = Date.parse(response.headers["date"] ?? "")
    if (Number.isNaN(served)) return undefined
    // The server wrote its date between the two, and it stands for a whole second.
    if (served + precision < before) return served + precision - before
    return served > after ? served - after : 0
  }).pipe(
    Effect.scoped,
    Effect.orElseSucceed(() => undefined)
  )

/** What a skew means. */
export const clockCheck = (system: Check["system"], milliseconds: number | undefined): Check => {
  const name = "clock"
  if (milliseconds === undefined) {
    return { system, name, status: "limited", detail: "the server does not say what time it is" }
  }
  const off = duration(Duration.millis(Math.abs(milliseconds)))
  const detail = milliseconds === 0 ? "agrees with this machine" : `${off} ${milliseconds > 0 ? "ahead" : "behind"}`
  return { system, name, status: Math.abs(milliseconds) > tolerated ? "limited" : "ok", detail }
}
