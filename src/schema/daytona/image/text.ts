/** Validating and quoting the arguments of image steps, so that a Dockerfile passes them through literally. */
import * as Either from "effect/Either"

/** What is wrong with an argument. */
export interface Problem {
  readonly argument: string
  readonly problem: string
}

export type Checked<A> = Either.Either<A, Problem>

export const problem = (argument: string, what: string): Either.Either<never, Problem> =>
  Either.left({ argument, problem: what })

const loneSurrogate = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/

/** Text for a JSON array, which can hold everything but NUL. Untyped callers may pass anything. */
export const anyText = (argument: string, text: unknown): Checked<string> => {
  if (typeof text !== "string") return problem(argument, "must be a string")
  if (text.includes("\0")) return problem(argument, "must not contain NUL characters")
  if (loneSurrogate.test(text)) return problem(argument, "must be well-formed Unicode: it contains a lone surrogate")
  return Either.right(text)
}

/** Text on a single line. */
export const line = (argument: string, text: unknown): Checked<string> =>
  Either.flatMap(anyText(argument, text), (checked) =>
    /[\n\r]/.test(checked) ? problem(argument, "must not contain line breaks") : Either.right(checked)
  )

/** Text on a single line that is not blank. */
export const nonEmptyLine = (argument: string, text: unknown): Checked<string> =>
  Either.flatMap(line(argument, text), (checked) =>
    checked.trim() === "" ? problem(argument, "must not be empty") : Either.right(checked)
  )

/** Text that matches a pattern and needs no quoting. */
export const matching =
  (pattern: RegExp, rule: string) =>
  (argument: string, text: unknown): Checked<string> =>
    Either.flatMap(line(argument, text), (checked) =>
      pattern.test(checked) ? Either.right(checked) : problem(argument, rule)
    )

/** Checks each element of a list; a problem names it as `packages.2`. */
export const each = <A, B>(
  argument: string,
  values: ReadonlyArray<A>,
  check: (argument: string, value: A) => Checked<B>
): Checked<ReadonlyArray<B>> =>
  Array.isArray(values)
    ? Either.all(values.map((value, index) => check(`${argument}.${index}`, value)))
    : problem(argument, "must be a list")

/** Checks one value, named as `options.indexUrl`, or each element of a list. */
export const oneOrMore = <B>(
  argument: string,
  values: string | ReadonlyArray<string>,
  check: (argument: string, value: string) => Checked<B>
): Checked<ReadonlyArray<B>> =>
  typeof values === "string" ? Either.map(check(argument, values), (one) => [one]) : each(argument, values, check)

/** Checks each value of a record; a problem names it as `variables.PATH`. */
export const eachEntry = <A, B>(
  argument: string,
  values: Readonly<Record<string, A>>,
  check: (argument: string, key: string, value: A) => Checked<B>
): Checked<ReadonlyArray<B>> =>
  typeof values === "object" && values !== null
    ? Either.all(Object.entries(values).map(([key, value]) => check(`${argument}.${key}`, key, value)))
    : problem(argument, "must be an object")

/**
 * A word of a shell command or of a Dockerfile, which treats quotes as a shell does. Single quotes keep everything
 * literal, `$` and backslashes included; they are left out where they are not needed. `<<` is split in two, since some
 * parsers read it as a here-document even when it is quoted.
 */
export const quoted = (text: string): string =>
  /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`).replace(/<(?=<)/g, "<''")}'`

/** A word in a JSON array, which is only quoted for the characters that the Dockerfile itself interprets. */
export const jsonWord = (text: string): string => (/['"\\$]/.test(text) ? quoted(text) : text)

/** A value in which `$NAME` and `${NAME}` are expanded to build variables; everything else is literal. */
export const expanding = (text: string): string => `"${text.replace(/["\\]/g, "\\$&")}"`

/** The exec form of ENTRYPOINT, CMD and the like. `<<` is escaped, since some parsers read it as a here-document. */
export const jsonArray = (words: ReadonlyArray<string>): string =>
  `[${words.map((word) => JSON.stringify(word).replaceAll("<<", "<\\u003c")).join(", ")}]`

/** A path as a source of COPY, which treats it as a pattern: special characters are escaped. */
export const literalPattern = (path: string): string =>
  path.replace(/[*?[\\]/g, (special) => `[${special === "\\" ? "\\\\" : special}]`)

/** The words of COPY or ADD, as a JSON array when one of them contains a space. */
export const copyWords = (words: ReadonlyArray<string>): string =>
  words.some((word) => /\s/.test(word)) ? jsonArray(words) : words.join(" ")
