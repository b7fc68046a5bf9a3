/** The `pip install` command. */
import * as Either from "effect/Either"
import { type Checked, each, nonEmptyLine, oneOrMore, problem, quoted } from "./text.js"

/** Options of `pip install`. */
export interface PipOptions {
  /** The index to use instead of PyPI (`--index-url`). A password in it is stored in the history of the image. */
  readonly indexUrl?: string | undefined
  /** Additional indexes (`--extra-index-url`). */
  readonly extraIndexUrls?: string | ReadonlyArray<string> | undefined
  /** Directories or pages that list package archives (`--find-links`). */
  readonly findLinks?: string | ReadonlyArray<string> | undefined
  /** Include pre-releases (`--pre`); default `false`. */
  readonly pre?: boolean | undefined
  /** Other options, one word per element: `["--no-cache-dir", "--timeout", "60"]`. */
  readonly extraOptions?: ReadonlyArray<string> | undefined
}

const flagged = (argument: string, flag: string, values: string | ReadonlyArray<string> = []) =>
  Either.map(oneOrMore(argument, values, nonEmptyLine), (checked) => checked.flatMap((value) => [flag, quoted(value)]))

/** The options as quoted words. */
export const pipOptions = (options: PipOptions): Checked<ReadonlyArray<string>> =>
  Either.map(
    Either.all([
      flagged("options.findLinks", "--find-links", options.findLinks),
      flagged("options.indexUrl", "--index-url", options.indexUrl),
      flagged("options.extraIndexUrls", "--extra-index-url", options.extraIndexUrls),
      Either.right(options.pre === true ? ["--pre"] : []),
      Either.map(each("options.extraOptions", options.extraOptions ?? [], nonEmptyLine), (words) => words.map(quoted))
    ]),
    (groups) => groups.flat()
  )

/** A quoted package name that cannot be mistaken for an option. */
export const packageName = (argument: string, name: string): Checked<string> =>
  Either.flatMap(nonEmptyLine(argument, name), (checked) =>
    checked.trimStart().startsWith("-")
      ? problem(argument, "must not begin with `-`, which would be read as an option")
      : Either.right(quoted(checked.trim()))
  )

export const pipCommand = (options: ReadonlyArray<string>, packages: ReadonlyArray<string>): string =>
  ["RUN python -m pip install", ...options, ...packages].join(" ")
