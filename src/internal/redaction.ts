/** Keeps secrets out of what a server or a transport may repeat: error messages, details and excerpts. */
import * as Context from "effect/Context"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type { Token } from "./Settings.js"

/** Secrets in requests that no schema marks, such as those in the text of a command. Errors quote none of them. */
export class Redactions extends Context.Reference<Redactions>()("effect-sandboxes/internal/Redactions", {
  defaultValue: (): ReadonlyArray<Redacted.Redacted> => []
}) {}

const isRedactedText = (value: unknown): value is Redacted.Redacted =>
  Redacted.isRedacted(value) && typeof Redacted.value(value) === "string"

/** The secrets in a body, at any depth. A body has no cycle, or it could not have been encoded. */
export const redactedIn = (body: unknown): ReadonlyArray<Redacted.Redacted> => {
  const found: Array<Redacted.Redacted> = []
  const unseen = [body]
  while (unseen.length > 0) {
    const value = unseen.pop()
    if (isRedactedText(value)) {
      found.push(value)
    } else if (typeof value === "object" && value !== null && !Redacted.isRedacted(value)) {
      for (const inner of Object.values(value)) unseen.push(inner)
    }
  }
  return found
}

/** Anything shorter occurs in ordinary words. */
const shortestSecret = 4

const inJson = (text: string): string => JSON.stringify(text).slice(1, -1)

/** A secret as it is or in the single quotes of a shell; each as it is, in JSON, and in JSON that is quoted in JSON. */
const formsOf = (secret: string): ReadonlyArray<string> => {
  const plain = [secret, secret.replaceAll("'", `'\\''`)]
  return [...new Set(plain.flatMap((text) => [text, inJson(text), inJson(inJson(text))]))]
}

/** Replaces these secrets in a text. */
export const redact = (text: string, token: Token, secrets: ReadonlyArray<Redacted.Redacted>): string =>
  [...Option.toArray(token), ...secrets]
    .map(Redacted.value)
    .filter((secret) => secret.length >= shortestSecret)
    .flatMap(formsOf)
    // One may begin with another.
    .sort((one, other) => other.length - one.length)
    .reduce((clean, secret) => clean.replaceAll(secret, "<redacted>"), text)
