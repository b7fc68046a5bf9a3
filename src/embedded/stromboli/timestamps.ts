/** RFC 3339 to the second, as jobs have it. */
export const toSeconds = (millis: number): string => `${new Date(millis).toISOString().slice(0, 19)}Z`

/** RFC 3339 with as many fractional digits as Go would print. */
export const toNanos = (millis: number): string => new Date(millis).toISOString().replace(/\.?0+Z$/, "Z")
