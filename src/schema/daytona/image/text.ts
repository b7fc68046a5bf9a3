/** How texts are written into a Dockerfile so that they come out as they went in. */
import * as Either from "effect/Either"

/** What is wrong with an argument of a builder's call. */
export interface Problem {
  readonly argument: string
  readonly problem: string
}

export type Checked<A> = Either.Either<A, Problem>

export const problem = (argument: string, what: string): Either.Either<never, Problem> =>
  Either.left({ argument, problem: what })

const halfSurrogatePair = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/

/** Text for a JSON array, which has a way to write everything but NUL. Callers without a compiler may pass anything. */
export const anyText = (argument: string, text: unknown): Checked<string> => {
  if (typeof text !== "string") return problem(argument, "must be a string")
  if (text.includes("\0")) return problem(argument, "must not contain NUL characters")
  if (halfSurrogatePair.test(text)) return problem(argument, "must be well-formed text (it holds half of a character)")
  return Either.right(text)
}

/** Text that fits on a line of a Dockerfile. */
export const line = (argument: string, text: unknown): Checked<string> =>
  Either.flatMap(anyText(argument, text), (checked) =>
    /[\n\r]/.test(checked) ? problem(argument, "must not contain line breaks") : Either.right(checked)
  )

/** The same, and not empty. */
export const nonEmptyLine = (argument: string, text: unknown): Checked<string> =>
  Either.flatMap(line(argument, text), (checked) =>
    checked.trim() === "" ? problem(argument, "must not be empty") : Either.right(checked)
  )

/** Text of a given form, so that nothing in it needs quoting. */
export const matching =
  (pattern: RegExp, rule: string) =>
  (argument: string, text: unknown): Checked<string> =>
    Either.flatMap(line(argument, text), (checked) =>
      pattern.test(checked) ? Either.right(checked) : problem(argument, rule)
    )

/** Each element of a list, the culprit named as `packages.2`. */
export const each = <A, B>(
  argument: string,
  values: ReadonlyArray<A>,
  check: (argument: string, value: A) => Checked<B>
): Checked<ReadonlyArray<B>> =>
  Array.isArray(values)
    ? Either.all(values.map((value, index) => check(`${argument}.${index}`, value)))
    : problem(argument, "must be a list")

/** One or several of something; a lone one is named as `options.indexUrl`. */
export const oneOrMore = <B>(
  argument: string,
  values: string | ReadonlyArray<string>,
  check: (argument: string, value: string) => Checked<B>
): Checked<ReadonlyArray<B>> =>
  typeof values === "string" ? Either.map(check(argument, values), (one) => [one]) : each(argument, values, check)

/** Each value of a record, the culprit named as `variables.PATH`. */
export const eachEntry = <A, B>(
  argument: string,
  values: Readonly<Record<string, A>>,
  check: (argument: string, key: string, value: A) => Checked<B>
): Checked<ReadonlyArray<B>> =>
  typeof values === "object" && values !== null
    ? Either.all(Object.entries(values).map(([key, value]) => check(`${argument}.${key}`, key, value)))
    : problem(argument, "must be an object")

/**
 * A word of a shell command, or of a Dockerfile, which reads quotes as a shell does: single quotes keep everything as it
 * is, `$` and backslashes included. What needs no quotes gets none. `<<` is written in two parts: some parsers take it for
 * the beginning of a here-document, quoted or not.
 */
export const quoted = (text: string): string =>
  /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`).replace(/<(?=<)/g, "<''")}'`

/** The same within a JSON array, where only the characters count that mean something to the Dockerfile itself. */
export const jsonWord = (text: string): string => (/['"\\$]/.test(text) ? quoted(text) : text)

/** A value in which `$NAME` and `${NAME}` stand for the variables of the build, and everything else for itself. */
export const expanding = (text: string): string => `"${text.replace(/["\\]/g, "\\$&")}"`

/**
 * The form of ENTRYPOINT, CMD and the like that no shell looks at. `<<` is written another way, for the
 * same parsers.
 */
export const jsonArray = (words: ReadonlyArray<string>): string =>
  `[${words.map((word) => JSON.stringify(word).replaceAll("<<", "<\\u003c")).join(", ")}]`

/** A path as a source of COPY, which reads it as a pattern. */
export const literalPattern = (path: string): string =>
  path.replace(/[*?[\\]/g, (special) => `[${special === "\\" ? "\\\\" : special}]`)

/** The words of COPY and the like; the form of a JSON array where one of them has a space. */
export const copyWords = (words: ReadonlyArray<string>): string =>
  words.some((word) => /\s/.test(word)) ? jsonArray(words) : words.join(" ")
