/** `shell`: a terminal in a sandbox. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import { onDaytona } from "../../frame/command.js"
import { directory, env, inSandbox, name } from "../newSandbox.js"

export const shell = Command.make(
  "shell",
  { ...inSandbox, cwd: directory, env, name: name.pipe(Args.optional) },
  onDaytona(() => import("./shell.js"))
).pipe(
  Command.withDescription(
    "Open a terminal in a sandbox. A lost connection is opened again; Enter, ~ and . end a shell that hangs."
  )
)
