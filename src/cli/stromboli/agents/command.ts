/** `agents`: Claude processes that stay alive between prompts. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import { onStromboli } from "../../frame/command.js"
import * as Shared from "../../frame/options.js"
import { attachOptions, id } from "./options.js"

const ls = Command.make(
  "ls",
  Shared.stromboli,
  onStromboli(() => import("./ls.js"))
).pipe(Command.withDescription("List the agents, including those that have exited."))

const attach = Command.make(
  "attach",
  attachOptions,
  onStromboli(() => import("./attach.js"))
).pipe(
  Command.withDescription(
    "Show what an agent does from now on, and send it each line of standard input as a prompt. Ctrl-C leaves it running."
  )
)

const stop = Command.make(
  "stop",
  { ...Shared.stromboli, yes: Shared.yes, ids: Args.atLeast(id, 1) },
  onStromboli(() => import("./stop.js"))
).pipe(Command.withDescription("Stop agents, which may take ten seconds each."))

export const agents = Command.make("agents").pipe(
  Command.withDescription("Claude processes that stay alive between prompts."),
  Command.withSubcommands([ls, attach, stop])
)
