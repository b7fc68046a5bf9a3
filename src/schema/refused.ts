/** Types that say in words why a value is refused. */
import type * as Duration from "effect/Duration"

declare const refused: unique symbol

/** No value has this type, so whatever is given is refused, and the compiler shows the words. */
export type Refused<Words extends string> = Words & { readonly [refused]: Words }

/**
 * A duration that says its unit: `"30 minutes"`, `Duration.minutes(30)`. A bare number would be milliseconds, which
 * nobody means here; `0` needs no unit.
 */
export type DurationWithUnit = Exclude<Duration.DurationInput, number> | 0
