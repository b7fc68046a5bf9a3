/** What the methods of `CodeInterpreter` take. */

import * as Arguments from "../../../../internal/arguments.js"
import { withMethodSpans } from "../../../../internal/methodSpans.js"
import { environment } from "../arguments.js"
import type { CodeInterpreter } from "./CodeInterpreter.js"

const { effect, stream } = Arguments.methodsOf("daytona", "CodeInterpreter")

const code = Arguments.text
const execution = {
  context: Arguments.text,
  env: environment,
  isolated: Arguments.flag,
  timeout: Arguments.duration
}
const options = Arguments.options({ cwd: Arguments.text })

export const checked = (methods: CodeInterpreter.Service): CodeInterpreter.Service =>
  withMethodSpans(
    "Daytona.CodeInterpreter",
    {
      ...methods,
      run: effect(
        "run",
        { code, options: Arguments.options({ ...execution, maxOutput: Arguments.count }) },
        methods.run
      ),
      stream: stream("stream", { code, options: Arguments.options(execution) }, methods.stream),
      createContext: effect("createContext", { options }, methods.createContext),
      scopedContext: effect("scopedContext", { options }, methods.scopedContext),
      deleteContext: effect("deleteContext", { id: Arguments.text }, methods.deleteContext)
    },
    ["run", "stream", "scopedContext"]
  )
