/** What an application decides about the tools: bounds, time limits, variables, secrets, git. */
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import type * as Redacted from "effect/Redacted"
import type { InvalidRequest } from "../errors/ApiError.js"
import * as Arguments from "../internal/arguments.js"
import { invalidRequest } from "../internal/failure.js"
import type { DurationWithUnit } from "../schema/refused.js"
import type { Credentials } from "../services/daytona/toolbox/git/options.js"
import type { Environment } from "../services/daytona/toolbox/shellText.js"

/** How the tools work. All options are optional. */
export interface Options {
  /**
   * How many characters an answer has at most, as JSON, which is what a model is sent. 2,000 to 1,000,000; default
   * 16,000.
   */
  readonly maxAnswer?: number | undefined
  /** How many lines `read_file` shows if the model does not say; default 500. */
  readonly defaultLines?: number | undefined
  /** How many characters of a line are shown; default 2,000. */
  readonly maxLine?: number | undefined
  /** The largest file that `edit_file` changes, in bytes; default 4 MiB. */
  readonly maxEditedFile?: number | undefined
  /** The time limit of commands and Python if the model gives none; default 2 minutes. */
  readonly timeout?: DurationWithUnit | undefined
  /** The longest time limit that a model may give; default 10 minutes. */
  readonly maxTimeout?: DurationWithUnit | undefined
  /** How many servers run at the same time; default 10. */
  readonly maxServers?: number | undefined
  /** How many commands keep their whole output in the sandbox, because the answer was cut; default 20. */
  readonly keptOutputs?: number | undefined
  /**
   * Variables of commands, servers and Python, in addition to those of the sandbox. `Redacted` values of at least four
   * characters are masked in every answer, as they are and in JSON. The model can still use them, and what encodes or
   * splits them is not recognized: give it only what it may spend.
   */
  readonly env?: Environment | undefined
  /** Other values that are masked in every answer. */
  readonly secrets?: ReadonlyArray<Redacted.Redacted> | undefined
  /** Who `git_commit` commits as; default `Agent <agent@localhost>`. */
  readonly gitAuthor?: { readonly name: string; readonly email: string } | undefined
  /**
   * Credentials of `git_clone`, by host, such as `github.com`. They are sent to that host only, over HTTPS, and masked
   * in every answer.
   */
  readonly gitCredentials?: Readonly<Record<string, Credentials>> | undefined
}

/** Options with their defaults. */
export interface Decided {
  readonly maxAnswer: number
  readonly defaultLines: number
  readonly maxLine: number
  readonly maxEditedFile: number
  readonly timeout: Duration.Duration
  readonly maxTimeout: Duration.Duration
  readonly maxServers: number
  readonly keptOutputs: number
  readonly env: Environment
  readonly secrets: ReadonlyArray<Redacted.Redacted>
  readonly gitAuthor: { readonly name: string; readonly email: string }
  readonly gitCredentials: Readonly<Record<string, Credentials>>
}

const whole = (least: number, most: number): Arguments.Shape =>
  Arguments.kind(
    (value) => Number.isInteger(value) && Number(value) >= least && Number(value) <= most,
    `must be a whole number from ${least} to ${most}`
  )

const limit: Arguments.Shape = (value, field) =>
  Arguments.duration(value, field) ??
  Arguments.kind((given) => isLimit(given), "must be longer than 0 and at most a day")(value, field)

const isLimit = (value: unknown): boolean =>
  Duration.decodeUnknown(value).pipe((found) =>
    found._tag === "Some" ? Duration.between(found.value, { minimum: "1 millis", maximum: "1 day" }) : false
  )

/** Credentials under another name would be left out without a word. */
const hosts: Arguments.Shape = (given, field) => {
  const name = Object.keys(Object(given)).find((each) => !/^[a-z0-9.-]+(?::\d+)?$/.test(each))
  return name === undefined
    ? undefined
    : { field: `${field}.${name}`, problem: "must be a host in lower case, such as `github.com`" }
}

const refusal = Arguments.refusalOf("daytona", "SandboxToolkit", "layer", {
  options: Arguments.options({
    maxAnswer: whole(2000, 1_000_000),
    defaultLines: whole(1, 1_000_000),
    maxLine: whole(20, 1_000_000),
    maxEditedFile: whole(1, 64 * 1024 * 1024),
    timeout: limit,
    maxTimeout: limit,
    maxServers: whole(0, 1000),
    keptOutputs: whole(0, 1000),
    env: Arguments.recordOf(Arguments.textOrSecret),
    secrets: Arguments.arrayOf(Arguments.secret),
    gitAuthor: Arguments.struct({ name: Arguments.text, email: Arguments.text }),
    gitCredentials: (given, field) =>
      Arguments.recordOf(Arguments.struct({ username: Arguments.text, password: Arguments.secret }))(given, field) ??
      hosts(given, field)
  })
})

export const decide = (options: Options = {}): Either.Either<Decided, InvalidRequest> => {
  const refused = refusal([options])
  if (refused !== undefined) return Either.left(refused)
  const timeout = Duration.decode(options.timeout ?? "2 minutes")
  const maxTimeout = Duration.decode(options.maxTimeout ?? Duration.max(timeout, "10 minutes"))
  if (Duration.greaterThan(timeout, maxTimeout)) {
    const at = { system: "daytona", operation: "SandboxToolkit.layer" } as const
    return Either.left(invalidRequest(at, "timeout", `must be at most \`maxTimeout\`, ${Duration.format(maxTimeout)}`))
  }
  return Either.right({
    maxAnswer: options.maxAnswer ?? 16_000,
    defaultLines: options.defaultLines ?? 500,
    maxLine: options.maxLine ?? 2000,
    maxEditedFile: options.maxEditedFile ?? 4 * 1024 * 1024,
    timeout,
    maxTimeout,
    maxServers: options.maxServers ?? 10,
    keptOutputs: options.keptOutputs ?? 20,
    env: options.env ?? {},
    secrets: options.secrets ?? [],
    gitAuthor: options.gitAuthor ?? { name: "Agent", email: "agent@localhost" },
    gitCredentials: options.gitCredentials ?? {}
  })
}
