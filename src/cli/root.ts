/** All commands. */
import * as Command from "@effect/cli/Command"
import { daytonaCommands } from "./daytona/commands.js"
import { doctor } from "./doctor/command.js"
import { mcp } from "./mcp/command.js"
import { serve } from "./serve/command.js"
import { agents } from "./stromboli/agents/command.js"
import { chat } from "./stromboli/chat/command.js"
import { images } from "./stromboli/images/command.js"
import { jobs } from "./stromboli/jobs/command.js"
import { run, stream } from "./stromboli/run/command.js"
import { secrets } from "./stromboli/secrets/command.js"
import { sessions } from "./stromboli/sessions/command.js"
import { token } from "./stromboli/token/command.js"

export const root = Command.make("effect-sandboxes").pipe(
  Command.withDescription("Stromboli (Claude Code agents in containers) and Daytona (sandboxes), from the shell."),
  Command.withSubcommands([
    serve,
    doctor,
    mcp,
    run,
    stream,
    chat,
    jobs,
    sessions,
    agents,
    secrets,
    images,
    token,
    ...daytonaCommands
  ])
)
