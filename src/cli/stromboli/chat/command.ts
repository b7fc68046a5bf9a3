/** `chat`: a conversation with an agent. */
import * as Command from "@effect/cli/Command"
import { onStromboli } from "../../frame/command.js"
import * as Shared from "../../frame/options.js"
import { claude, workdir } from "../claudeOptions.js"
import { html } from "../htmlOption.js"

const options = { ...Shared.stromboli, ...claude, ...html, workdir }

/** What the options are read as. */
export type Values = Command.Command.ParseConfig<typeof options>

export const chat = Command.make(
  "chat",
  options,
  onStromboli(() => import("./chat.js"))
).pipe(
  Command.withDescription(
    "Talk to an agent, which is stopped at the end. Each line of standard input is a prompt; an empty one and Ctrl-D end it."
  )
)
