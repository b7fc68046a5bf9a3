/** The options of `run` and `stream`, and what they are read as. */
import * as Args from "@effect/cli/Args"
import type * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Shared from "../../frame/options.js"
import { claude, workdir } from "../claudeOptions.js"
import { html } from "../htmlOption.js"

const prompt = Args.text({ name: "prompt" }).pipe(
  Args.withDescription("The prompt; absent or `-`: standard input."),
  Args.optional
)

const session = Options.text("session").pipe(
  Options.withPseudoName("ID"),
  Options.withDescription("The conversation to begin: a UUID."),
  Options.optional
)

/** What `run` takes. */
export const runOptions = {
  ...Shared.stromboli,
  ...claude,
  ...html,
  workdir,
  session,
  resume: Options.boolean("resume").pipe(Options.withDescription("Continue the conversation of --session.")),
  timeout: Shared.duration("timeout").pipe(
    Options.withDescription("How long the run may take; the server's default is 30m."),
    Options.optional
  ),
  image: Options.text("image").pipe(
    Options.withPseudoName("NAME"),
    Options.withDescription("The image of the container."),
    Options.optional
  ),
  secret: Options.text("secret").pipe(
    Options.withPseudoName("VARIABLE=NAME"),
    Options.withDescription("Set a variable of the container to a secret of the server; may be repeated."),
    Options.repeated
  ),
  background: Options.boolean("background").pipe(
    Options.withDescription("Do not wait: print the id of the job, for `jobs wait`.")
  ),
  key: Options.text("key").pipe(
    Options.withPseudoName("TEXT"),
    Options.withDescription("With --background: start at most one run for this key, however often it is asked for."),
    Options.optional
  ),
  prompt
}

export type RunValues = Command.Command.ParseConfig<typeof runOptions>

/** What `stream` takes. */
export const streamOptions = { ...Shared.stromboli, workdir, session, prompt }

export type StreamValues = Command.Command.ParseConfig<typeof streamOptions>
