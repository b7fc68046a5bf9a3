/** Running commands. */
import * as Toolkit from "@effect/ai/Toolkit"
import * as Schema from "effect/Schema"
import { define, described, optional } from "../definition.js"
import { directory, FilledText, note, Seconds } from "../parameters.js"

export const runCommand = define("run_command", {
  title: "Run a command",
  description:
    "Runs a shell script (bash, or sh where there is no bash) and waits until it ends. The answer has the exit code " +
    "and what was printed, standard output and standard error together. A non-zero exit code is an answer like any " +
    "other. Each call is a new shell: directory and variables are not kept, files are. Standard input is empty, so " +
    "nothing can be asked. What is left running in the background is killed at the end: use start_server where there " +
    "is one. Long output is cut in the middle; the note then names the file that has all of it.",
  effects: { destroys: true, reachesOut: true },
  parameters: {
    command: described(FilledText, "The script. Several lines are fine."),
    directory,
    timeoutSeconds: optional(
      Seconds,
      "After this time the command is killed, and the answer has what it printed until then. Default 120, at most " +
        "600, unless the application has set other limits."
    )
  },
  success: Schema.Struct({
    /** 128 and above: ended by a signal. */
    exitCode: Schema.Number,
    output: Schema.String,
    ...note
  })
})

export const toolkit = Toolkit.make(runCommand.tool)
