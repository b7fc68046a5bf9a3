/** All commands. */
import * as Command from "@effect/cli/Command"
import { doctor } from "./doctor/command.js"
import { serve } from "./serve/command.js"
import { jobs } from "./stromboli/jobs/command.js"

export const root = Command.make("effect-sandboxes").pipe(
  Command.withDescription("Stromboli (Claude Code agents in containers) and Daytona (sandboxes), from the shell."),
  Command.withSubcommands([serve, doctor, jobs])
)
