/** The commands that install Python packages. */
import * as Either from "effect/Either"
import { type Checked, each, nonEmptyLine, oneOrMore, problem, quoted } from "./text.js"

/** How `pip install` looks for packages. */
export interface PipOptions {
  /** The index instead of PyPI (`--index-url`). A password in it ends up in the image's history. */
  readonly indexUrl?: string | undefined
  /** Indexes beside it (`--extra-index-url`). */
  readonly extraIndexUrls?: string | ReadonlyArray<string> | undefined
  /** Directories or pages with archives of packages (`--find-links`). */
  readonly findLinks?: string | ReadonlyArray<string> | undefined
  /** Pre-releases too (`--pre`); default `false`. */
  readonly pre?: boolean | undefined
  /** Any other options, one word each: `["--no-cache-dir", "--timeout", "60"]`. */
  readonly extraOptions?: ReadonlyArray<string> | undefined
}

const flagged = (argument: string, flag: string, values: string | ReadonlyArray<string> = []) =>
  Either.map(oneOrMore(argument, values, nonEmptyLine), (checked) => checked.flatMap((value) => [flag, quoted(value)]))

/** The options as words of the command. */
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

/** A package that cannot be taken for an option. */
export const packageName = (argument: string, name: string): Checked<string> =>
  Either.flatMap(nonEmptyLine(argument, name), (checked) =>
    checked.trimStart().startsWith("-")
      ? problem(argument, "must not begin with `-`: options have a place of their own")
      : Either.right(quoted(checked.trim()))
  )

export const pipCommand = (options: ReadonlyArray<string>, packages: ReadonlyArray<string>): string =>
  ["RUN python -m pip install", ...options, ...packages].join(" ")
