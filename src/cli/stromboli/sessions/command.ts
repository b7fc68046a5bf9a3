/** `sessions`: the conversations that the server stores. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import { onStromboli } from "../../frame/command.js"
import * as Shared from "../../frame/options.js"
import { id, showOptions } from "./options.js"

const ls = Command.make(
  "ls",
  Shared.stromboli,
  onStromboli(() => import("./ls.js"))
).pipe(Command.withDescription("List the sessions."))

const show = Command.make(
  "show",
  showOptions,
  onStromboli(() => import("./show.js"))
).pipe(Command.withDescription("Show what was said and done in a session. With --json, one message per line."))

const rm = Command.make(
  "rm",
  { ...Shared.stromboli, yes: Shared.yes, ids: Args.atLeast(id, 1) },
  onStromboli(() => import("./rm.js"))
).pipe(Command.withDescription("Delete sessions and their history."))

export const sessions = Command.make("sessions").pipe(
  Command.withDescription("Conversations that the server stores."),
  Command.withSubcommands([ls, show, rm])
)
