/** The endpoints of terminals. */
import * as Schema from "effect/Schema"
import { Conflict, Gone, NotFound } from "../../../../errors/ApiError.js"
import * as Operation from "../../../../internal/Operation.js"
import { CreatePty, PtyList, PtySession, PtySize } from "../../../../schema/daytona/toolbox/Pty.js"

const create = Operation.make("Pty.create", "POST", "/process/pty", {
  body: CreatePty,
  success: Schema.Void,
  fails: [Conflict],
  secretBody: true
})

/**
 * The environment of a terminal may hold secrets, and responses include it.
 *
 * `GET /process/pty/create-connect` of newer daemons is not used: creating and attaching works on all of them.
 */
export const operations = {
  create,
  /** For unique names: harmless to send twice, since a terminal that exists already is ours. */
  createUnique: { ...create, retry: "always" } as const,
  list: Operation.make("Pty.list", "GET", "/process/pty", { success: PtyList, secretBody: true }),
  get: Operation.make("Pty.get", "GET", "/process/pty/{sessionId}", {
    success: PtySession,
    fails: [NotFound],
    secretBody: true
  }),
  resize: Operation.make("Pty.resize", "POST", "/process/pty/{sessionId}/resize", {
    body: PtySize,
    success: PtySession,
    fails: [NotFound, Gone],
    secretBody: true
  }),
  kill: Operation.make("Pty.kill", "DELETE", "/process/pty/{sessionId}", {
    success: Schema.Void,
    fails: [NotFound, Gone]
  }),
  attach: Operation.make("Pty.attach", "GET", "/process/pty/{sessionId}/connect", {
    success: Schema.Void,
    fails: [NotFound]
  })
}
