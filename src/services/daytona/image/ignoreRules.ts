/**
 * The patterns of `.dockerignore` and of `exclude`. `ignore` matches single patterns; it follows `.gitignore`, so each
 * is translated first, and the order of rules is Docker's: the last rule that matches a path or a directory above it
 * decides.
 */
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { InvalidRequest } from "../../../errors/ApiError.js"
import type { ExclusionRule } from "../../../schema/daytona/image/Image.js"
import { type Checked, each, nonEmptyLine, problem } from "../../../schema/daytona/image/text.js"
import { isPattern, matcher } from "./glob.js"
import { type At, invalid, load, unreadable } from "./invalidStep.js"

/** Which paths, relative to a directory, are left out. */
export interface Exclusions {
  readonly excludes: (path: string) => boolean
  /** Whether everything in an excluded directory is excluded too, so that it need not be read. */
  readonly wholeDirectories: boolean
}

export const none: Exclusions = { excludes: () => false, wholeDirectories: true }

const clean = (pattern: string): ReadonlyArray<string> => {
  const segments: Array<string> = []
  for (const segment of pattern.split("/")) {
    if (segment === ".." && segments.length > 0 && segments.at(-1) !== "..") segments.pop()
    else if (segment !== "" && segment !== ".") segments.push(segment)
  }
  return segments
}

/** A segment up to its first `**`, which is neither escaped nor in a set. */
const doubleStar = /^((?:\\.|\[(?:\\.|[^\]\\])+\]|[^\\*[]|\*(?!\*))*)\*\*+(.*)$/su

/** A segment in the language of `.gitignore`. `undefined` if it has no equivalent there. */
const translate = (segment: string, last: boolean): string | undefined => {
  const [, before, after = ""] = doubleStar.exec(segment) ?? []
  // `[!a]` is a set of two characters in Docker, and `[^a]` in `.gitignore`.
  if (before === undefined) return segment.replace(/(\\.)|\[!/gsu, (found) => (found === "[!" ? "[\\!" : found))
  if (after === "") return before === "" ? "**" : last ? `${before}*` : undefined
  const rest = before === "" ? translate(after, last) : undefined
  return rest === undefined ? undefined : `**/${rest}`
}

const malformed = (segment: string): boolean => isPattern(segment) && matcher(segment) === undefined

/** Wildcards that may be in a name, and `**` in a pattern: with many of them, matching would take too long. */
const maxWildcards = 4

const tooMany = (segments: ReadonlyArray<string>): boolean =>
  segments.filter((segment) => segment.includes("**")).length > maxWildcards ||
  segments.some((segment) => (segment.match(/\*+/g) ?? []).length > maxWildcards)

/** The rule of a line, if it can match anything. */
const parseRule = (argument: string, line: string): Checked<ReadonlyArray<ExclusionRule>> => {
  const text = line.trim()
  const includes = text.startsWith("!")
  const pattern = includes ? text.slice(1).trim() : text
  if (pattern === "") return problem(argument, "is an exception without a pattern")
  const segments = clean(pattern)
  if (segments.length === 0 || segments[0] === "..") return Either.right([])
  if (segments.some(malformed)) return problem(argument, `is the malformed pattern \`${text}\``)
  if (tooMany(segments)) {
    return problem(
      argument,
      `is the pattern \`${text}\`, which has more than ${maxWildcards} \`**\`, or \`*\` in one name`
    )
  }
  const translated = segments.map((segment, index) => translate(segment, index === segments.length - 1))
  return translated.includes(undefined)
    ? problem(argument, `is the pattern \`${text}\`, where \`**\` must be at the beginning of a name`)
    : Either.right([{ glob: `/${translated.join("/")}`, includes }])
}

/** The rules of `exclude`. A problem names the pattern as `options.exclude.1`. */
export const parsePatterns = (argument: string, patterns: ReadonlyArray<string>) =>
  Either.map(
    each(argument, patterns, (at, pattern) => Either.flatMap(nonEmptyLine(at, pattern), (line) => parseRule(at, line))),
    (rules) => rules.flat()
  )

/** The rules of the first of these files that exists; none if no file does. */
export const readFiles = (
  fs: FileSystem.FileSystem,
  at: At,
  [path, ...others]: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<ExclusionRule>, InvalidRequest> =>
  path === undefined
    ? Effect.succeed([])
    : Effect.matchEffect(fs.readFileString(path), {
        onFailure: (error) =>
          error._tag === "SystemError" && error.reason === "NotFound"
            ? readFiles(fs, at, others)
            : Effect.fail(unreadable(at, path)(error)),
        onSuccess: (text) =>
          Either.all(
            text
              .replace(/^\uFEFF/, "")
              .split("\n")
              .map((line, index) =>
                line.startsWith("#") || line.trim() === "" ? Either.right([]) : parseRule(`line ${index + 1}`, line)
              )
          ).pipe(
            Either.mapBoth({
              onLeft: (wrong) =>
                invalid(at.call, at.argument, `needs \`${path}\`, which at ${wrong.argument} ${wrong.problem}`),
              onRight: (rules) => rules.flat()
            })
          )
      })

/** Loads what matches patterns, if there are any. */
export const exclusions = (at: At, rules: ReadonlyArray<ExclusionRule>): Effect.Effect<Exclusions, InvalidRequest> =>
  rules.length === 0
    ? Effect.succeed(none)
    : Effect.map(
        load(at, "ignore", () => import("ignore")),
        ({ default: ignore }) => {
          const runs: Array<{ readonly includes: boolean; readonly globs: Array<string> }> = []
          for (const { glob, includes } of rules) {
            const run = runs.at(-1)
            if (run?.includes === includes) run.globs.push(glob)
            else runs.push({ includes, globs: [glob] })
          }
          const matchers = runs
            .map(({ includes, globs }) => ({
              includes,
              matches: ignore({ ignorecase: false, allowRelativePaths: true }).add(globs)
            }))
            .reverse()
          return {
            excludes: (path) => matchers.find(({ matches }) => matches.ignores(path))?.includes === false,
            wholeDirectories: rules.every(({ includes }) => !includes)
          }
        }
      )
