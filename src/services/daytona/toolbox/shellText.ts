/** Shell text: quoted words, and commands that do not affect their session. POSIX, so that any shell will do. */
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Redacted from "effect/Redacted"
import type { InvalidRequest } from "../../../errors/ApiError.js"
import { invalidRequest } from "../../../internal/failure.js"

/** A script for the shell, or a program and its arguments, which are passed through literally. */
export type Command = string | ReadonlyArray<string>

/**
 * Variables by name. A value may be `Redacted`: errors show `<redacted>` where the server echoes it. The output of a
 * program is never redacted, in errors either. The sandbox does not keep the value secret: the text of a session's
 * command includes its variables, and `ProcessSessions.list` and every program in the sandbox can read it.
 */
export type Environment = Readonly<Record<string, string | Redacted.Redacted>>

/** How a command is run. */
export interface CommandOptions {
  /** The directory, relative to the sandbox's work directory, which is the default. */
  readonly cwd?: string | undefined
  /** Variables in addition to those of the sandbox. */
  readonly env?: Environment | undefined
}

/** Standard input: text, bytes, or, if undefined, that of the session. */
export type Input = string | Uint8Array | undefined

/** Quotes a word, whatever it contains. */
export const shellQuote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`

const nameOfVariable = /^[A-Za-z_][A-Za-z0-9_]*$/

const noNul = "must not contain a NUL character"

const refusing = (operation: string) => (field: string, problem: string) =>
  Either.left(invalidRequest({ system: "daytona", operation }, field, problem))

/** The shell text of a command. */
export const textOf = (operation: string, command: Command): Either.Either<string, InvalidRequest> => {
  const refuse = refusing(operation)
  const [words, field] =
    typeof command === "string" ? [[command], () => "command"] : [command, (index: number) => `command[${index}]`]
  if ((words[0] ?? "").trim() === "") return refuse(field(0), "must not be blank")
  const withNul = words.findIndex((word) => word.includes("\0"))
  if (withNul !== -1) return refuse(field(withNul), noNul)
  return Either.right(typeof command === "string" ? command : words.map(shellQuote).join(" "))
}

/** The variables as plain text, if there are any. */
export const variablesOf = (
  operation: string,
  env: Environment = {}
): Either.Either<Readonly<Record<string, string>> | undefined, InvalidRequest> => {
  const refuse = refusing(operation)
  const variables: Record<string, string> = {}
  for (const [name, given] of Object.entries(env)) {
    const value = Redacted.isRedacted(given) ? Redacted.value(given) : given
    if (!nameOfVariable.test(name)) {
      return refuse(`env.${name}`, "must have a name of letters, digits and `_` that does not begin with a digit")
    }
    if (value.includes("\0")) return refuse(`env.${name}`, noNul)
    variables[name] = value
  }
  return Either.right(Object.keys(variables).length === 0 ? undefined : variables)
}

/** Checks a directory. */
export const directoryOf = (
  operation: string,
  cwd: string | undefined
): Either.Either<string | undefined, InvalidRequest> => {
  const refuse = refusing(operation)
  if (cwd === "") return refuse("cwd", "must not be empty; leave it out for the work directory")
  if (cwd === "~" || cwd?.startsWith("~/")) {
    return refuse("cwd", "begins with `~`, which is not expanded: use `Workspace.homeDirectory` (or `./~`)")
  }
  return cwd?.includes("\0") ? refuse("cwd", noNul) : Either.right(cwd)
}

/** The exit code when the directory cannot be entered; standard error says why. */
export const cannotEnter = 125

/** The variables that the daemon sets in the shell of a session, around every command. */
const daemonVariables = ["_ec", "dir", "ep", "ip", "ip_pid", "log", "r1", "r2", "sp"]

/**
 * Gives a subshell the values of the sandbox back that the daemon has overwritten: those that the shell was started
 * with. A variable that the sandbox does not have is unset.
 */
const restored = `effect_sandboxes_exported=$(export -p); unset ${daemonVariables.join(" ")}
case $effect_sandboxes_exported in ${daemonVariables.map((name) => `*" ${name}="*`).join("|")})
  eval "$(tr '\\n\\0' '\\1\\n' < "/proc/$$/environ" | LC_ALL=C sed -n "s/'/'\\\\\\\\''/g${daemonVariables
    .map((name) => `;s/^${name}=.*/export &'/p`)
    .join("")}" | sed "s/=/='/" | tr '\\1' '\\n')"
esac 2> /dev/null
unset effect_sandboxes_exported; `

/**
 * Runs a command in a subshell, so that nothing it does (`exit`, `set -e`, `exec`, an unbalanced quote) can end the
 * session's shell.
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
    // `./` keeps a relative directory from being looked up in `CDPATH` or read as an option.
    const enter =
      cwd === undefined ? "" : `cd ${shellQuote(cwd.startsWith("/") ? cwd : `./${cwd}`)} || exit ${cannotEnter}; `
    const set = Object.entries(variables ?? {}).map(([name, value]) => `${name}=${shellQuote(value)}`)
    const exported = set.length === 0 ? "" : `export ${set.join(" ")}; `
    // As one word for `eval`, any text is safe; the space keeps it from being read as an option.
    const body = `( ${restored}${enter}${exported}eval ${shellQuote(` ${text}\n`)} )`
    return withInput(body, options.stdin)
  })

const withInput = (body: string, stdin: Input): string => {
  if (stdin === undefined) return body
  if (stdin.length === 0) return `${body} < /dev/null`
  // `printf` is a builtin, so the length is not limited.
  if (typeof stdin === "string" && !stdin.includes("\0")) return `printf %s ${shellQuote(stdin)} | ${body}`
  return `printf %s ${shellQuote(Encoding.encodeBase64(stdin))} | base64 -d | ${body}`
}

/** What a command prints instead of running when it is delivered a second time. */
export const duplicateNotice = "effect-sandboxes: this command was delivered twice, and is run once\n"

/**
 * A command that the same shell runs at most once, however often it is sent: proxies retry requests, and so do we after
 * a lost connection. From the second time on it prints the notice.
 */
export const once = (text: string): string =>
  `if [ "\${effect_sandboxes_once:-}" ]; then printf %s ${shellQuote(duplicateNotice)} >&2; else effect_sandboxes_once=1; ${text}\nfi`
