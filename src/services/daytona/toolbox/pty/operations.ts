/** What is asked of terminals. */
import * as Schema from "effect/Schema"
import { Conflict, Gone, NotFound } from "../../../../errors/ApiError.js"
import * as Operation from "../../../../internal/Operation.js"
import { CreatePty, PtyList, PtySession, PtySize } from "../../../../schema/daytona/toolbox/Pty.js"

/**
 * The environment of a terminal may hold secrets, and comes back in what is told about it.
 *
 * `GET /process/pty/create-connect` of newer daemons is not used: creating and attaching does the same on all of them.
 */
export const operations = {
  create: Operation.make("Pty.create", "POST", "/process/pty", {
    body: CreatePty,
    success: Schema.Void,
    fails: [Conflict],
    secretBody: true
  }),
  /** Under a name that nobody else has, harmless to send twice: one that is there already is ours. */
  createUnique: Operation.make("Pty.create", "POST", "/process/pty", {
    body: CreatePty,
    success: Schema.Void,
    fails: [Conflict],
    retry: "always",
    secretBody: true
  }),
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
