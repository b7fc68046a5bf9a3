/** `python`: a program in a sandbox. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { onDaytona } from "../../frame/command.js"
import { directory, env, inSandbox, name } from "../newSandbox.js"

export const python = Command.make(
  "python",
  {
    ...inSandbox,
    code: Options.text("code").pipe(
      Options.withAlias("c"),
      Options.withDescription("The program itself, in place of a file."),
      Options.optional
    ),
    out: Options.text("out").pipe(
      Options.withPseudoName("DIR"),
      Options.withDescription("Save the charts that it shows with matplotlib, as PNG. Output comes at the end then."),
      Options.optional
    ),
    cwd: directory,
    env,
    name: name.pipe(Args.optional),
    file: Args.text({ name: "file" }).pipe(
      Args.withDescription("A program on this machine; absent or `-`: standard input. Its arguments follow `--`."),
      Args.optional
    )
  },
  onDaytona(() => import("./python.js"))
).pipe(Command.withDescription("Run a Python program in a sandbox. Its output and exit code are ours."))
