/**
 * Profiles: named sets of the variables that the library reads, in a file of the user's. The file may hold credentials,
 * so it has to be readable by its owner only.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { hasProperty, isRecord, isString } from "effect/Predicate"
import { profilesFile } from "./directories.js"
import { UsageError } from "./failures.js"

/** Variables by name, from one place. */
export interface Variables {
  /** Where they are from: `the environment`, `profile work`. */
  readonly from: string
  readonly get: (name: string) => string | undefined
}

const usage = (message: string) => new UsageError({ message })

const isReadableByOthers = (mode: number): boolean => process.platform !== "win32" && (mode & 0o077) !== 0

const read = (path: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const info = yield* Effect.option(fs.stat(path))
    if (Option.isNone(info)) return undefined
    if (isReadableByOthers(info.value.mode)) {
      return yield* usage(`Other users can read ${path}, which may hold credentials. Run: chmod 600 ${path}`)
    }
    const text = yield* Effect.mapError(fs.readFileString(path), ({ message }) =>
      usage(`The profiles in ${path} cannot be read: ${message}`)
    )
    const { parse } = yield* Effect.promise(() => import("smol-toml"))
    return yield* Effect.try({
      try: () => parse(text),
      // The message of the parser quotes the line, which may be a credential.
      catch: (problem) =>
        usage(
          `${path} is not valid TOML${hasProperty(problem, "line") ? `: see its line ${String(problem.line)}` : ""}`
        )
    })
  })

const variablesOf = (path: string, name: string, profile: object): Effect.Effect<Variables, UsageError> => {
  const odd = Object.entries(profile).find(([, value]) => !isString(value))
  return odd === undefined
    ? Effect.succeed({
        from: `profile ${name}`,
        get: (variable) => {
          const value = hasProperty(profile, variable) ? profile[variable] : undefined
          return isString(value) && value !== "" ? value : undefined
        }
      })
    : Effect.fail(usage(`In profile ${name} of ${path}, ${odd[0]} must be text in quotes`))
}

/** The variables of the environment. Empty ones count as unset. */
const environment = (names: ReadonlyArray<string>): Effect.Effect<Variables> =>
  Effect.gen(function* () {
    const found = new Map<string, string>()
    for (const name of names) {
      const value = yield* Effect.option(Config.nonEmptyString(name))
      if (Option.isSome(value)) found.set(name, value.value)
    }
    return { from: "the environment", get: (name) => found.get(name) }
  })

/** The variable with the name of a profile. */
const profileVariable = "EFFECT_SANDBOXES_PROFILE"

/**
 * Where variables are looked up. A profile that is named, with `--profile` or `EFFECT_SANDBOXES_PROFILE`, is the only
 * place: an address must not meet the credentials of another server. Otherwise the environment, if it has any of the
 * variables, and then the profile `default`.
 */
export const variables = (
  named: Option.Option<string>,
  names: ReadonlyArray<string>
): Effect.Effect<Variables, UsageError, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fromEnvironment = yield* environment([...names, profileVariable])
    const name = Option.getOrElse(named, () => fromEnvironment.get(profileVariable))
    if (name === undefined && names.some((each) => fromEnvironment.get(each) !== undefined)) return fromEnvironment
    const path = yield* profilesFile
    const profiles = yield* read(path)
    const profile = profiles?.[name ?? "default"]
    if (isRecord(profile)) return yield* variablesOf(path, name ?? "default", profile)
    if (name === undefined) return fromEnvironment
    const known = Object.keys(profiles ?? {})
    return yield* usage(
      profiles === undefined
        ? `There is no profile ${name}, because there is no file ${path}`
        : `There is no profile ${name} in ${path}${known.length === 0 ? "" : `, which has: ${known.join(", ")}`}`
    )
  })
