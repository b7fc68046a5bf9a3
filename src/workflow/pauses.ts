/** How long to wait between looks at something that takes long. */
import * as Duration from "effect/Duration"
import * as Arguments from "../internal/arguments.js"
import type { DurationWithUnit } from "../schema/refused.js"

/** Few looks that become rarer: each costs a request and some statements of SQL. */
export interface Polls {
  /** The first pause; default 5 seconds. */
  readonly first?: DurationWithUnit | undefined
  /** How much longer each pause is than the one before; default 1.5. */
  readonly factor?: number | undefined
  /** The longest pause; default 5 minutes. Should be less than the hour for which the server keeps a result. */
  readonly most?: DurationWithUnit | undefined
}

export const shape = Arguments.optional(
  Arguments.struct({
    first: Arguments.optional(Arguments.duration),
    factor: Arguments.optional(
      Arguments.kind((value) => typeof value === "number" && value >= 1 && value <= 100, "must be a number, at least 1")
    ),
    most: Arguments.optional(Arguments.duration)
  })
)

/** The pause after this many others, no shorter than asked for. */
export const pauseAfter = (
  { factor = 1.5, first = "5 seconds", most = "5 minutes" }: Polls,
  before: number,
  least: Duration.Duration = Duration.zero
): Duration.Duration => {
  const grown = Duration.toMillis(first) * factor ** before
  const pause = Duration.millis(Math.min(grown, Duration.toMillis(most)))
  // A pause of nothing would be no pause.
  return Duration.max(Duration.max(pause, least), Duration.millis(1))
}
