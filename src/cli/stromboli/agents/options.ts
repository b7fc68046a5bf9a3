/** The options of `agents attach`, and what they are read as. */
import * as Args from "@effect/cli/Args"
import type * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Shared from "../../frame/options.js"
import { html } from "../htmlOption.js"

export const id = Args.text({ name: "id" }).pipe(Args.withDescription("An agent: agent-…"))

/** What `agents attach` takes. */
export const attachOptions = {
  ...Shared.stromboli,
  ...html,
  readOnly: Options.boolean("read-only").pipe(Options.withDescription("Only watch: send no prompts.")),
  id
}

export type AttachValues = Command.Command.ParseConfig<typeof attachOptions>
