/** Keeps secrets out of answers. */
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { redact } from "../internal/redaction.js"

export interface Mask {
  /** Without the secrets; `<redacted>` stands for each. */
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
  const whole = (text: string) => redact(text, Option.none(), all)
  const most = (text: string, part: (text: string, secret: string) => number) =>
    values.reduce((length, secret) => Math.max(length, part(text, secret)), 0)
  return {
    whole,
    beginning: (text) => whole(text.slice(0, text.length - most(text, begun))),
    end: (text) => whole(text.slice(most(text, ended)))
  }
}
