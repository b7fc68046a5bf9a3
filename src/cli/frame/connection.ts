/** What the connections of both systems share: where the address and the credentials come from. */
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import type { UsageError } from "./failures.js"
import { note, type Output } from "./Output.js"
import type { ConnectionValues } from "./options.js"
import { type Variables, variables } from "./profiles.js"
import { readSecret } from "./secretFile.js"

/** The variables of a system. */
export interface Names {
  readonly url: ReadonlyArray<string>
  readonly secrets: ReadonlyArray<string>
  readonly others: ReadonlyArray<string>
}

const originOf = (url: string): string | undefined => (URL.canParse(url) ? new URL(url).origin : undefined)

/** Where a command connects to. */
export interface Target {
  readonly url: string | undefined
  /** The secret that a flag names a file with. */
  readonly secret: Option.Option<Redacted.Redacted>
  /** The variables, without credentials where they belong to another server. */
  readonly variables: Variables
}

/**
 * The address and the credentials of a command. Those of the environment, or of a profile, belong to its address: with
 * a `--url` of another server, they are not sent.
 */
export const target = (
  values: ConnectionValues,
  names: Names,
  secretFile: { readonly flag: string; readonly path: Option.Option<string> }
): Effect.Effect<Target, UsageError, FileSystem.FileSystem | Output> =>
  Effect.gen(function* () {
    const found = yield* variables(values.profile, [...names.url, ...names.secrets, ...names.others])
    const configured = names.url.map(found.get).find((url) => url !== undefined)
    const url = Option.getOrElse(values.url, () => configured)
    const secret = yield* Effect.transposeOption(
      Option.map(secretFile.path, (path) => readSecret(secretFile.flag, path))
    )
    const foreign = url !== undefined && configured !== undefined && originOf(url) !== originOf(configured)
    const withheld = foreign && names.secrets.some((name) => found.get(name) !== undefined)
    if (withheld && Option.isNone(secret)) {
      yield* note(
        `The credentials of ${found.from} are for ${configured} and are not sent to ${url}; ${secretFile.flag} names others.`
      )
    }
    return {
      url,
      secret,
      variables: foreign
        ? { ...found, get: (name) => (names.secrets.includes(name) ? undefined : found.get(name)) }
        : found
    }
  })
