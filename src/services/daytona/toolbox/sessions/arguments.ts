/** What the methods of `ProcessSessions` take. */

import * as Arguments from "../../../../internal/arguments.js"
import { serviceMethods } from "../../../../internal/serviceMethods.js"
import { command, pattern } from "../arguments.js"

const session = Arguments.text
const creation = Arguments.options({ id: Arguments.text })
/** A command that was started, by its id. */
const started = { session, command: Arguments.text }

export const checked = serviceMethods("daytona", "ProcessSessions", {
  effects: {
    create: { options: creation },
    scoped: { options: creation },
    get: { session },
    delete: { session },
    run: {
      session,
      command,
      options: Arguments.options({
        isolated: Arguments.flag,
        onInterrupt: Arguments.oneOf("nothing", "deleteSession")
      })
    },
    start: {
      session,
      command,
      options: Arguments.options({ isolated: Arguments.flag, suppressInputEcho: Arguments.flag })
    },
    command: started,
    sendInput: { ...started, text: Arguments.text },
    logs: started,
    awaitExit: { ...started, options: Arguments.options({ ...Arguments.polling, timeout: Arguments.duration }) },
    awaitLog: { ...started, pattern, options: Arguments.options({ timeout: Arguments.duration }) }
  },
  streams: {
    follow: started,
    followText: started
  },
  spans: [
    "create",
    "scoped",
    "run",
    "start",
    "delete",
    "command",
    "sendInput",
    "logs",
    "follow",
    "followText",
    "awaitExit",
    "awaitLog",
    "followEntrypoint"
  ]
})
