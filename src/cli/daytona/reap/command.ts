/** `reap`: the end of what programs left behind. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { onDaytona } from "../../frame/command.js"
import * as Shared from "../../frame/options.js"

const unused = (name: string, description: string) =>
  Shared.duration(name).pipe(Options.withDescription(description), Options.optional)

export const reap = Command.make(
  "reap",
  {
    ...Shared.daytona,
    application: Shared.application,
    dryRun: Options.boolean("dry-run").pipe(Options.withDescription("Only show what would be removed.")),
    unusedFor: unused("unused-for", "Also remove sandboxes without any activity for this long, at least 2m."),
    volumesUnusedFor: unused("volumes-unused-for", "Also remove volumes of keys, with their contents, at least 2m."),
    snapshotsUnusedFor: unused("snapshots-unused-for", "Also remove snapshots of keys, at least 2m."),
    yes: Shared.yes
  },
  onDaytona(() => import("./reap.js"))
).pipe(
  Command.withDescription(
    "Remove the sandboxes of an application that are past the time for which they were wanted, and what else is asked for."
  )
)
