/** The options of `chat`, and what they are read as. */
import type * as Command from "@effect/cli/Command"
import * as Shared from "../../frame/options.js"
import { claude, workdir } from "../claudeOptions.js"
import { html } from "../htmlOption.js"

/** What `chat` takes. */
export const chatOptions = { ...Shared.stromboli, ...claude, ...html, workdir }

export type ChatValues = Command.Command.ParseConfig<typeof chatOptions>
