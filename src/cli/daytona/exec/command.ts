/** `exec`: a command in a sandbox; `kill`: the end of one. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { onDaytona } from "../../frame/command.js"
import * as Shared from "../../frame/options.js"
import { directory, env, inSandbox, name } from "../newSandbox.js"

export const exec = Command.make(
  "exec",
  {
    ...inSandbox,
    cwd: directory,
    env,
    noStdin: Options.boolean("no-stdin").pipe(
      Options.withAlias("n"),
      Options.withDescription("Do not pass on standard input.")
    ),
    detach: Options.boolean("detach").pipe(
      Options.withAlias("d"),
      Options.withDescription("Leave it running, and print its id, for `logs` and `kill`.")
    ),
    name: name.pipe(Args.optional),
    command: Args.text({ name: "command" }).pipe(
      Args.withDescription("What to run, after `--`: nothing behind that is an option of ours."),
      Args.repeated
    )
  },
  onDaytona(() => import("./exec.js"))
).pipe(
  Command.withDescription(
    "Run a command in a sandbox: exec NAME -- COMMAND. Its input, output, exit code and signals are ours."
  )
)

export const kill = Command.make(
  "kill",
  {
    ...Shared.daytona,
    name,
    command: Args.text({ name: "command" }).pipe(Args.withDescription("A command, as `logs` lists it."))
  },
  onDaytona(() => import("./kill.js"))
).pipe(Command.withDescription("Kill a command in a sandbox, and what it has started."))
