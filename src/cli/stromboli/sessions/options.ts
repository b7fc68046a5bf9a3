/** The options of `sessions show`, and what they are read as. */
import * as Args from "@effect/cli/Args"
import type * as Command from "@effect/cli/Command"
import * as Shared from "../../frame/options.js"
import { html } from "../htmlOption.js"

export const id = Args.text({ name: "id" }).pipe(Args.withDescription("A session: a UUID."))

/** What `sessions show` takes. */
export const showOptions = { ...Shared.stromboli, ...html, id }

export type ShowValues = Command.Command.ParseConfig<typeof showOptions>
