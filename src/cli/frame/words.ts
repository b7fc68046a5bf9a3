/** Sizes, times and amounts in words. */
import * as Duration from "effect/Duration"

const units = ["B", "kB", "MB", "GB", "TB", "PB"] as const

const rounded = (value: number): string => (value < 10 ? value.toFixed(1).replace(/\.0$/, "") : value.toFixed(0))

/** A number of bytes, in steps of 1,000: `812 MB`. */
export const size = (bytes: number): string => {
  let value = Math.max(0, bytes)
  let unit = 0
  while (Math.round(value) >= 1_000 && unit < units.length - 1) {
    value /= 1_000
    unit += 1
  }
  return `${unit === 0 ? Math.round(value) : rounded(value)} ${units[unit] ?? "B"}`
}

/** A time span with its two largest units: `1h 5m`, `12s`, `340ms`. */
export const duration = (span: Duration.DurationInput): string => {
  const milliseconds = Duration.toMillis(span)
  if (!Number.isFinite(milliseconds)) return "forever"
  if (milliseconds < 1_000) return `${Math.round(milliseconds)}ms`
  const seconds = Math.round(milliseconds / 1_000)
  const parts = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3_600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "m"],
    [seconds % 60, "s"]
  ] as const
  const first = parts.findIndex(([amount]) => amount > 0)
  return parts
    .slice(first, first + 2)
    .flatMap(([amount, unit]) => (amount > 0 ? [`${amount}${unit}`] : []))
    .join(" ")
}

/** A point in time, as RFC 3339 writes it, seen from now: `3m ago`. A text that is not a time stays as it is. */
export const ago = (time: string, now: number): string => {
  const then = Date.parse(time)
  // The zero time of Go, for a time that is not known.
  if (Number.isNaN(then) || time.startsWith("0001-")) return Number.isNaN(then) ? time : "unknown"
  const passed = now - then
  if (Math.abs(passed) < 1_000) return "now"
  const span = passed > 0 ? passed : -passed
  const words = duration(span).split(" ", 1)[0] ?? ""
  return passed > 0 ? `${words} ago` : `in ${words}`
}

/** An amount of US dollars, with cents, or with four decimals below one. */
export const dollars = (amount: number): string => `$${amount.toFixed(amount !== 0 && amount < 1 ? 4 : 2)}`

/** A number and its noun: `1 job`, `2 jobs`. */
export const count = (amount: number, noun: string): string => `${amount} ${noun}${amount === 1 ? "" : "s"}`
