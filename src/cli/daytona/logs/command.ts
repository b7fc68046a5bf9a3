/** `logs`: the output of commands in a sandbox. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { onDaytona } from "../../frame/command.js"
import * as Shared from "../../frame/options.js"
import { name } from "../newSandbox.js"

export const logs = Command.make(
  "logs",
  {
    ...Shared.daytona,
    follow: Options.boolean("follow").pipe(
      Options.withAlias("f"),
      Options.withDescription("Show more as it comes, until the command ends.")
    ),
    build: Options.boolean("build").pipe(
      Options.withDescription("Show the log of the build that the sandbox was made with.")
    ),
    entrypoint: Options.boolean("entrypoint").pipe(
      Options.withDescription("Show the output of the entrypoint of the sandbox.")
    ),
    name,
    command: Args.text({ name: "command" }).pipe(
      Args.withDescription("A command, by its id; absent: list the commands with their ids."),
      Args.optional
    )
  },
  onDaytona(() => import("./logs.js"))
).pipe(Command.withDescription("List the background commands of a sandbox, or show the output of one of them."))
