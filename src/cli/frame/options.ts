/** Options that commands share. */

import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Options from "@effect/cli/Options"
import * as ValidationError from "@effect/cli/ValidationError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"

/** The options of every command. */
export const common = {
  json: Options.boolean("json").pipe(Options.withDescription("Print JSON, one value per line.")),
  verbose: Options.boolean("verbose").pipe(Options.withDescription("Show the details and the cause of a failure."))
}

/** The options of every command that talks to whatever servers are configured. */
export const configured = {
  ...common,
  profile: Options.text("profile").pipe(
    Options.withPseudoName("NAME"),
    Options.withDescription("Take addresses and credentials from this profile."),
    Options.optional
  ),
  embedded: Options.boolean("embedded").pipe(
    Options.withDescription("Use the server that `serve` runs, or one in this process for as long as the command runs.")
  )
}

/** The options of every command that talks to one server. */
const connection = {
  ...configured,
  url: Options.text("url").pipe(
    Options.withPseudoName("URL"),
    Options.withDescription("The address of the server."),
    Options.optional
  )
}

/** The options of every command that talks to a Stromboli server. */
export const stromboli = {
  ...connection,
  tokenFile: Options.text("token-file").pipe(
    Options.withPseudoName("FILE"),
    Options.withDescription("Read the token from a file; `-` is standard input."),
    Options.optional
  )
}

/** The options of every command that talks to Daytona. */
export const daytona = {
  ...connection,
  keyFile: Options.text("key-file").pipe(
    Options.withPseudoName("FILE"),
    Options.withDescription("Read the API key from a file; `-` is standard input."),
    Options.optional
  )
}

/** Whose sandboxes, volumes and snapshots a command of Daytona is about. */
export const application = Options.text("application").pipe(
  Options.withPseudoName("NAME"),
  Options.withDescription("The application that sandboxes are labelled with, and that keys belong to."),
  Options.optional
)

/** What the options of {@link common} are read as. */
export interface CommonValues {
  readonly json: boolean
  readonly verbose: boolean
}

/** What the options of {@link configured} are read as. */
export interface ConfiguredValues extends CommonValues {
  readonly profile: Option.Option<string>
  readonly embedded: boolean
}

/** What the options of a connection are read as. */
export interface ConnectionValues extends ConfiguredValues {
  readonly url: Option.Option<string>
}

/** What the options of {@link stromboli} are read as. */
export interface StromboliValues extends ConnectionValues {
  readonly tokenFile: Option.Option<string>
}

/** What the options of {@link daytona} are read as. */
export interface DaytonaValues extends ConnectionValues {
  readonly keyFile: Option.Option<string>
  /** Only of commands to which it matters: see {@link application}. */
  readonly application?: Option.Option<string>
}

/** `--yes`, for what asks before it destroys. */
export const yesTo = (description: string) =>
  Options.boolean("yes").pipe(Options.withAlias("y"), Options.withDescription(description))

/** `--yes` of commands whose purpose it is to destroy. */
export const yes = yesTo("Do not ask for confirmation.")

/** What is wrong with the value of an option. */
export const invalid = (message: string) => ValidationError.invalidValue(HelpDoc.p(message))

const unitOf: Readonly<Record<string, Duration.Duration>> = {
  ms: Duration.millis(1),
  s: Duration.seconds(1),
  m: Duration.minutes(1),
  h: Duration.hours(1),
  d: Duration.days(1)
}

/** Reads `90s`, `1h30m` or `250ms`. */
export const parseDuration = (text: string): Duration.Duration | undefined => {
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(text)) return undefined
  return [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)].reduce<Duration.Duration | undefined>(
    (sum, [, amount = "", unit = ""]) => {
      const one = unitOf[unit]
      return sum === undefined || one === undefined ? undefined : Duration.sum(sum, Duration.times(one, Number(amount)))
    },
    Duration.zero
  )
}

/** An option that is a time span: `90s`, `1h30m`. */
export const duration = (name: string): Options.Options<Duration.Duration> =>
  Options.text(name).pipe(
    Options.withPseudoName("TIME"),
    Options.mapEffect((text) => {
      const span = parseDuration(text)
      return span === undefined
        ? Effect.fail(invalid(`--${name}: expected a time such as 90s, 10m or 1h30m, got ${JSON.stringify(text)}`))
        : Effect.succeed(span)
    })
  )

/** An option that is a whole number between two bounds. */
export const wholeNumber = (name: string, least: number, most: number): Options.Options<number> =>
  Options.text(name).pipe(
    Options.withPseudoName("N"),
    Options.mapEffect((text) => {
      const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
      return value >= least && value <= most
        ? Effect.succeed(value)
        : Effect.fail(
            invalid(`--${name}: expected a whole number from ${least} to ${most}, got ${JSON.stringify(text)}`)
          )
    })
  )
