/** `cp`: files between this machine and sandboxes. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { onDaytona } from "../../frame/command.js"
import * as Shared from "../../frame/options.js"

export const cp = Command.make(
  "cp",
  {
    ...Shared.daytona,
    resume: Options.boolean("resume").pipe(
      Options.withDescription(
        "Go on with a copy that was interrupted: skip files that are there with the same content."
      )
    ),
    paths: Args.text({ name: "path" }).pipe(
      Args.withDescription(
        "The files and folders to copy, and where to. NAME:PATH is in a sandbox, and may have * ? [ ] in it."
      ),
      Args.atLeast(2)
    )
  },
  onDaytona(() => import("./cp.js"))
).pipe(
  Command.withDescription(
    "Copy files and folders into a sandbox, or out of one. Files appear when they are complete; a broken download is resumed."
  )
)
