/** `chat`: a conversation with an agent. */
import * as Command from "@effect/cli/Command"
import { onStromboli } from "../../frame/command.js"
import { chatOptions } from "./options.js"

export const chat = Command.make(
  "chat",
  chatOptions,
  onStromboli(() => import("./chat.js"))
).pipe(
  Command.withDescription(
    "Talk to an agent, which is stopped at the end. Each line of standard input is a prompt; an empty one and Ctrl-D end it."
  )
)
