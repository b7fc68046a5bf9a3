/** Running Python with state. */
import * as Toolkit from "@effect/ai/Toolkit"
import * as Schema from "effect/Schema"
import { define, described, optional } from "../definition.js"
import { FilledText, note, Seconds } from "../parameters.js"

export const runPython = define("run_python", {
  title: "Run Python",
  description:
    "Runs Python in a session that stays: later calls see the variables, functions and imports of earlier ones. Only " +
    "what is printed is in the answer; the value of a last expression is not. An uncaught exception is an answer, with " +
    "its traceback in `exception`. `input()` does not work, and the output of subprocesses is lost: use run_command " +
    "for those. Code that prints thousands of lines one by one loses them: collect them and print them at once, or " +
    "write a file; but a single print of more than half a megabyte is lost as well. Long output is cut in the middle.",
  effects: { destroys: true, reachesOut: true },
  parameters: {
    code: described(FilledText, "The program."),
    timeoutSeconds: optional(
      Seconds,
      "After this time the code is stopped. Default 120, at most 600, unless the application has set other limits."
    )
  },
  success: Schema.Struct({
    /** Standard output and standard error, as they were printed. */
    output: Schema.String,
    /** The traceback of an uncaught exception. */
    exception: Schema.optional(Schema.String),
    ...note
  })
})

export const resetPython = define("reset_python", {
  title: "Start Python anew",
  description: "Ends the Python session of run_python, and whatever runs in it. All its variables are lost.",
  effects: { destroys: true, repeatable: true },
  parameters: {},
  success: Schema.Struct({ reset: Schema.Literal(true) })
})

export const toolkit = Toolkit.make(runPython.tool, resetPython.tool)
