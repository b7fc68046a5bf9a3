/** `volume`: storage that outlives sandboxes. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import { onDaytona } from "../../frame/command.js"
import * as Shared from "../../frame/options.js"

const ls = Command.make(
  "ls",
  Shared.daytona,
  onDaytona(() => import("./ls.js"))
).pipe(Command.withDescription("List the volumes, the most recently used first."))

const rm = Command.make(
  "rm",
  {
    ...Shared.daytona,
    yes: Shared.yes,
    names: Args.text({ name: "name" }).pipe(Args.withDescription("A volume, by its name or id."), Args.atLeast(1))
  },
  onDaytona(() => import("./rm.js"))
).pipe(Command.withDescription("Delete volumes and what is in them."))

export const volume = Command.make("volume").pipe(
  Command.withDescription("Storage that outlives sandboxes."),
  Command.withSubcommands([ls, rm])
)
