/** What the methods of `CodeInterpreter` take. */

import * as Arguments from "../../../../internal/arguments.js"
import { serviceMethods } from "../../../../internal/serviceMethods.js"
import { environment } from "../arguments.js"

const code = Arguments.text
const execution = {
  context: Arguments.text,
  env: environment,
  isolated: Arguments.flag,
  timeout: Arguments.duration
}
const options = Arguments.options({ cwd: Arguments.text })

export const checked = serviceMethods("daytona", "CodeInterpreter", {
  effects: {
    run: { code, options: Arguments.options({ ...execution, maxOutput: Arguments.count }) },
    createContext: { options },
    scopedContext: { options },
    deleteContext: { id: Arguments.text }
  },
  streams: {
    stream: { code, options: Arguments.options(execution) }
  },
  spans: ["run", "stream", "scopedContext"]
})
