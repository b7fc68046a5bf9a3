/** The options of a new sandbox, and of commands that make one of their own. */
import * as Args from "@effect/cli/Args"
import * as Options from "@effect/cli/Options"
import type * as Option from "effect/Option"
import * as Shared from "../frame/options.js"

const text = (name: string, pseudoName: string, description: string) =>
  Options.text(name).pipe(Options.withPseudoName(pseudoName), Options.withDescription(description))

/** A sandbox that exists. */
export const name = Args.text({ name: "name" }).pipe(Args.withDescription("A sandbox, by its name or id."))

/** What a new sandbox is made from. */
export const origin = {
  image: text("image", "NAME", "Make the sandbox from this image, such as python:3.12.").pipe(Options.optional),
  snapshot: text("snapshot", "NAME", "Make the sandbox from this snapshot.").pipe(Options.optional)
}

/** What the options of {@link origin} are read as. */
export interface OriginValues {
  readonly image: Option.Option<string>
  readonly snapshot: Option.Option<string>
}

/** For commands in a sandbox: one that exists, or a new one. */
export const inSandbox = {
  ...Shared.daytona,
  fresh: Options.boolean("new").pipe(
    Options.withDescription("Use a new sandbox, which is deleted at the end; then no name is given.")
  ),
  ...origin
}

/** What the options of {@link inSandbox} are read as. */
export interface InSandboxValues extends OriginValues {
  readonly fresh: boolean
}

/** Cores, memory and disk. */
export const resources = {
  cpu: Shared.wholeNumber("cpu", 1, 1_024).pipe(Options.withDescription("Cores."), Options.optional),
  memory: Shared.wholeNumber("memory", 1, 1_023).pipe(Options.withDescription("Memory in GiB."), Options.optional),
  disk: Shared.wholeNumber("disk", 1, 10_239).pipe(Options.withDescription("Disk in GiB."), Options.optional)
}

/** What the options of {@link resources} are read as. */
export interface ResourceValues {
  readonly cpu: Option.Option<number>
  readonly memory: Option.Option<number>
  readonly disk: Option.Option<number>
}

/** The environment of commands and sandboxes. */
export const env = text(
  "env",
  "NAME[=VALUE]",
  "Set a variable; without a value, to that of this environment, which other users cannot see. May be repeated."
).pipe(Options.withAlias("e"), Options.repeated)

/** The directory of a command. */
export const directory = text("cwd", "DIR", "The directory, relative to the work directory of the sandbox.").pipe(
  Options.optional
)
