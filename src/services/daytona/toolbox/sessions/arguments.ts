/** What the methods of `ProcessSessions` take. */

import * as Arguments from "../../../../internal/arguments.js"
import { withMethodSpans } from "../../../../internal/methodSpans.js"
import { command, pattern } from "../arguments.js"
import type { ProcessSessions } from "./ProcessSessions.js"

const { effect, stream } = Arguments.methodsOf("daytona", "ProcessSessions")

const session = Arguments.text
const creation = Arguments.options({ id: Arguments.text })
/** A command that was started, by its id. */
const started = { session, command: Arguments.text }

export const checked = (methods: ProcessSessions.Service): ProcessSessions.Service =>
  withMethodSpans(
    "Daytona.ProcessSessions",
    {
      ...methods,
      create: effect("create", { options: creation }, methods.create),
      scoped: effect("scoped", { options: creation }, methods.scoped),
      get: effect("get", { session }, methods.get),
      delete: effect("delete", { session }, methods.delete),
      run: effect(
        "run",
        {
          session,
          command,
          options: Arguments.options({
            isolated: Arguments.flag,
            onInterrupt: Arguments.oneOf("nothing", "deleteSession")
          })
        },
        methods.run
      ),
      start: effect(
        "start",
        {
          session,
          command,
          options: Arguments.options({ isolated: Arguments.flag, suppressInputEcho: Arguments.flag })
        },
        methods.start
      ),
      command: effect("command", started, methods.command),
      sendInput: effect("sendInput", { ...started, text: Arguments.text }, methods.sendInput),
      logs: effect("logs", started, methods.logs),
      follow: stream("follow", started, methods.follow),
      followText: stream("followText", started, methods.followText),
      awaitExit: effect(
        "awaitExit",
        { ...started, options: Arguments.options({ ...Arguments.polling, timeout: Arguments.duration }) },
        methods.awaitExit
      ),
      awaitLog: effect(
        "awaitLog",
        { ...started, pattern, options: Arguments.options({ timeout: Arguments.duration }) },
        methods.awaitLog
      )
    },
    [
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
  )
