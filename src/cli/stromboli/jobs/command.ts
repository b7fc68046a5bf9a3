/** `jobs`: runs in the background. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
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

const wait = Command.make(
  "wait",
  {
    ...Shared.stromboli,
    timeout: Shared.duration("timeout").pipe(
      Options.withDescription("Stop waiting after this time; the job goes on."),
      Options.optional
    ),
    cancel: Options.boolean("cancel-on-interrupt").pipe(
      Options.withDescription("Cancel the jobs when the wait is interrupted.")
    ),
    ids: Args.atLeast(id, 1)
  },
  onStromboli(() => import("./wait.js"))
).pipe(Command.withDescription("Wait until jobs are over, and show them. Exits with 1 if one has failed or crashed."))

const cancel = Command.make(
  "cancel",
  { ...Shared.stromboli, ids: Args.atLeast(id, 1) },
  onStromboli(() => import("./cancel.js"))
).pipe(
  Command.withDescription(
    "Mark jobs as cancelled. The server does not stop their containers: the runs go on and cost money."
  )
)

export const jobs = Command.make("jobs").pipe(
  Command.withDescription("Runs in the background."),
  Command.withSubcommands([ls, get, wait, cancel])
)
