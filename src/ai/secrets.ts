/** Text from a sandbox as answers have it: legible, and without secrets. */
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { redact } from "../internal/redaction.js"
import { legible } from "./text.js"

export interface Mask {
  /** Legible, and with `<redacted>` for each secret. */
  readonly whole: (text: string) => string
  /** The same for the beginning of a longer text: it may end with the beginning of a secret, which is dropped. */
  readonly beginning: (text: string) => string
  /** The same for the end of a longer text. */
  readonly end: (text: string) => string
}

/** How much of `text`, at its end, is the beginning of `secret`. */
const begun = (text: string, secret: string): number => {
  for (let length = Math.min(secret.length - 1, text.length); length > 0; length--) {
    if (text.endsWith(secret.slice(0, length))) return length
  }
  return 0
}

/** How much of `text`, at its beginning, is the end of `secret`. */
const ended = (text: string, secret: string): number => {
  for (let length = Math.min(secret.length - 1, text.length); length > 0; length--) {
    if (text.startsWith(secret.slice(-length))) return length
  }
  return 0
}

/** Lines of a secret that are long enough not to be words: files are shown line by line. */
const linesOf = (secret: string): ReadonlyArray<string> =>
  secret.includes("\n") ? secret.split(/\r?\n/).filter((line) => line.length >= 12) : []

export const makeMask = (secrets: ReadonlyArray<Redacted.Redacted>): Mask => {
  const values = secrets.map(Redacted.value).flatMap((secret) => [secret, ...linesOf(secret)])
  const all = values.map((value) => Redacted.make(value))
  const masked = (text: string) => redact(text, Option.none(), all)
  const most = (text: string, part: (text: string, secret: string) => number) =>
    values.reduce((length, secret) => Math.max(length, part(text, secret)), 0)
  const withoutBegun = (text: string) => masked(text.slice(0, text.length - most(text, begun)))
  const withoutEnded = (text: string) => masked(text.slice(most(text, ended)))
  // Both before and after: an escape sequence may stand within a secret, or take its first character with it.
  return {
    whole: (text) => masked(legible(masked(text))),
    beginning: (text) => withoutBegun(legible(withoutBegun(text))),
    end: (text) => withoutEnded(legible(withoutEnded(text)))
  }
}
