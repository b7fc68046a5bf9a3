/** Numbers, times and amounts, in words. */

const number = (value: number): string => value.toLocaleString("en-US")

export const count = (value: number, one: string, many = `${one}s`): string =>
  `${number(value)} ${value === 1 ? one : many}`

export const characters = (value: number): string => count(value, "character")

export const plain = number

export const dollars = (value: number): string => {
  const digits = value !== 0 && Math.abs(value) < 1 ? 4 : 2
  return `$${value.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: digits })}`
}

/** How long something took. */
export const duration = (milliseconds: number): string => {
  if (milliseconds < 999.5) return `${Math.round(milliseconds)} ms`
  if (milliseconds < 59_950) return `${(milliseconds / 1000).toFixed(1)} s`
  const seconds = Math.round(milliseconds / 1000)
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)]
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min ${seconds % 60} s`
}

/** How long after the beginning something was: `0:07`, `1:02:03`. */
export const offset = (milliseconds: number): string => {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000))
  const two = (value: number) => String(value).padStart(2, "0")
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)]
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`
}

/** A moment, in the time of no particular place. */
export const moment = (milliseconds: number): { readonly machine: string; readonly people: string } => {
  const machine = new Date(milliseconds).toISOString()
  return { machine, people: `${machine.slice(0, 10)} ${machine.slice(11, 16)} UTC` }
}

/** `error_max_turns` as `error max turns`. */
export const spaced = (name: string): string => name.replaceAll("_", " ")
