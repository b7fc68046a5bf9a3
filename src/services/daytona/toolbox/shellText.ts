/** Text for shells: words that stay what they are, and commands that keep to themselves. POSIX, so that any shell will do. */
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Redacted from "effect/Redacted"
import type { InvalidRequest } from "../../../errors/ApiError.js"
import { invalidRequest } from "../../../internal/failure.js"

/** A script for the shell, or a program and its arguments, which no shell then interprets. */
export type Command = string | ReadonlyArray<string>

/**
 * Variables by name. A value may be `Redacted`; the program gets it as it is. Errors show `<redacted>` in its place where the server
 * quotes what it was sent; but what a program prints is shown as it is, also in errors. The sandbox does not keep it secret: a
 * command that has a session holds its variables in its text, which `ProcessSessions.list` and whatever runs there can read.
 */
export type Environment = Readonly<Record<string, string | Redacted.Redacted>>

/** What a command is run with. */
export interface CommandOptions {
  /** Its directory; a relative one is relative to the sandbox's work directory, which is also the default. */
  readonly cwd?: string | undefined
  /** Variables beside those of the sandbox. */
  readonly env?: Environment | undefined
}

/** What a command reads from its standard input: text, bytes, or, if none, what the session has for it. */
export type Input = string | Uint8Array | undefined

/** One word for the shell, whatever is in it. */
export const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`

const nameOfVariable = /^[A-Za-z_][A-Za-z0-9_]*$/

const noNul = "must not contain a NUL character"

/** Puts the refusals of one operation together. */
const refusing = (operation: string) => (field: string, problem: string) =>
  Either.left(invalidRequest({ system: "daytona", operation }, field, problem))

/** The line or script that a command is. */
export const textOf = (operation: string, command: Command): Either.Either<string, InvalidRequest> => {
  const refuse = refusing(operation)
  const [words, field] =
    typeof command === "string" ? [[command], () => "command"] : [command, (index: number) => `command[${index}]`]
  if ((words[0] ?? "").trim() === "") return refuse(field(0), "must not be blank")
  const withNul = words.findIndex((word) => word.includes("\0"))
  if (withNul !== -1) return refuse(field(withNul), noNul)
  return Either.right(typeof command === "string" ? command : words.map(quoted).join(" "))
}

/** The variables as plain text, if they are any. */
export const variablesOf = (
  operation: string,
  env: Environment = {}
): Either.Either<Readonly<Record<string, string>> | undefined, InvalidRequest> => {
  const refuse = refusing(operation)
  const variables: Record<string, string> = {}
  for (const [name, given] of Object.entries(env)) {
    const value = Redacted.isRedacted(given) ? Redacted.value(given) : given
    if (!nameOfVariable.test(name))
      return refuse(`env.${name}`, "must have a name of letters, digits and `_` that does not begin with a digit")
    if (value.includes("\0")) return refuse(`env.${name}`, noNul)
    variables[name] = value
  }
  return Either.right(Object.keys(variables).length === 0 ? undefined : variables)
}

/** The directory, unless it cannot be one. */
export const directoryOf = (
  operation: string,
  cwd: string | undefined
): Either.Either<string | undefined, InvalidRequest> => {
  const refuse = refusing(operation)
  if (cwd === "") return refuse("cwd", "must not be empty; leave it out for the work directory")
  return cwd?.includes("\0") ? refuse("cwd", noNul) : Either.right(cwd)
}

/** A directory that cannot be entered: the shell says why on standard error. */
export const cannotEnter = 125

/**
 * A command in a shell of its own below the session's: whatever it does (`exit`, `set -e`, `exec`, a quote too few), the session's
 * shell goes on.
 */
export const isolated = (
  operation: string,
  command: Command,
  options: CommandOptions & { readonly stdin?: Input } = {}
): Either.Either<string, InvalidRequest> =>
  Either.gen(function* () {
    const text = yield* textOf(operation, command)
    const variables = yield* variablesOf(operation, options.env)
    const cwd = yield* directoryOf(operation, options.cwd)
    // A relative directory must not be looked for in `CDPATH`, nor taken for an option.
    const enter =
      cwd === undefined ? "" : `cd ${quoted(cwd.startsWith("/") ? cwd : `./${cwd}`)} || exit ${cannotEnter}; `
    const set = Object.entries(variables ?? {}).map(([name, value]) => `${name}=${quoted(value)}`)
    const exported = set.length === 0 ? "" : `export ${set.join(" ")}; `
    // As a word for `eval`, text can be anything; a space before it, lest it be taken for an option.
    const body = `( ${enter}${exported}eval ${quoted(` ${text}\n`)} )`
    return withInput(body, options.stdin)
  })

const withInput = (body: string, stdin: Input): string => {
  if (stdin === undefined) return body
  if (stdin.length === 0) return `${body} < /dev/null`
  // Programs get it from a shell builtin, so its length is not limited.
  if (typeof stdin === "string" && !stdin.includes("\0")) return `printf %s ${quoted(stdin)} | ${body}`
  return `printf %s ${quoted(Encoding.encodeBase64(stdin))} | base64 -d | ${body}`
}

/** What a command prints, in place of running, that was delivered to the shell a second time. */
export const duplicateNotice = "effect-sandboxes: this command was delivered twice, and is run once\n"

/**
 * A command that the same shell runs at most once, however often it is sent: proxies repeat requests, and after a lost connection
 * so do we. The second time it prints the notice.
 */
export const once = (text: string): string =>
  `if [ "\${effect_sandboxes_once:-}" ]; then printf %s ${quoted(duplicateNotice)} >&2; else effect_sandboxes_once=1; ${text}\nfi`
