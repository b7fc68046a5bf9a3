/** `jobs`: runs in the background. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import { onStromboli } from "../../frame/command.js"
import * as Shared from "../../frame/options.js"

const id = Args.text({ name: "id" }).pipe(Args.withDescription("A job: job-…"))

const ls = Command.make(
  "ls",
  Shared.stromboli,
  onStromboli(() => import("./ls.js"))
).pipe(Command.withDescription("List the jobs that the server remembers, the newest first."))

const get = Command.make(
  "get",
  { ...Shared.stromboli, id },
  onStromboli(() => import("./get.js"))
).pipe(Command.withDescription("Show a job and its output."))

export const jobs = Command.make("jobs").pipe(
  Command.withDescription("Runs in the background."),
  Command.withSubcommands([ls, get])
)
