/** The endpoints of sessions, and how to read their transient failures. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { type ApiError, Conflict, Gone, NotFound } from "../../../../errors/ApiError.js"
import * as Operation from "../../../../internal/Operation.js"
import {
  CommandInput,
  CommandLogs,
  CreateSession,
  ExecutedInSession,
  ExecuteInSession,
  FollowQuery,
  ProcessSession,
  ProcessSessions,
  SessionCommand
} from "../../../../schema/daytona/toolbox/Session.js"

const logs = "/process/session/{sessionId}/command/{commandId}/logs"
const entrypointLogs = "/process/session/entrypoint/logs"
const execute = "/process/session/{sessionId}/exec"

/** The text of a command includes its variables. */
const secretBody = true

/** The daemon gives the log as it is stored to clients of this version; later ones get text in JSON. */
export const storedForm = { "x-daytona-sdk-version": "0.166.0" } as const

export const operations = {
  create: Operation.make("ProcessSessions.create", "POST", "/process/session", {
    body: CreateSession,
    success: Schema.Void,
    fails: [Conflict]
  }),
  list: Operation.make("ProcessSessions.list", "GET", "/process/session", { success: ProcessSessions, secretBody }),
  get: Operation.make("ProcessSessions.get", "GET", "/process/session/{sessionId}", {
    success: ProcessSession,
    fails: [NotFound],
    secretBody
  }),
  delete: Operation.make("ProcessSessions.delete", "DELETE", "/process/session/{sessionId}", {
    success: Schema.Void,
    fails: [NotFound]
  }),
  // The request stays open while the command runs.
  run: Operation.make("ProcessSessions.run", "POST", execute, {
    body: ExecuteInSession,
    success: ExecutedInSession,
    fails: [NotFound, Conflict, Gone],
    timeout: Duration.infinity,
    secretBody
  }),
  start: Operation.make("ProcessSessions.start", "POST", execute, {
    body: ExecuteInSession,
    success: ExecutedInSession,
    fails: [NotFound, Conflict, Gone],
    secretBody
  }),
  command: Operation.make("ProcessSessions.command", "GET", "/process/session/{sessionId}/command/{commandId}", {
    success: SessionCommand,
    fails: [NotFound],
    secretBody
  }),
  sendInput: Operation.make(
    "ProcessSessions.sendInput",
    "POST",
    "/process/session/{sessionId}/command/{commandId}/input",
    { body: CommandInput, success: Schema.Void, fails: [NotFound, Conflict, Gone] }
  ),
  logs: Operation.make("ProcessSessions.logs", "GET", logs, { success: CommandLogs, fails: [NotFound] }),
  storedLog: Operation.make("ProcessSessions.storedLog", "GET", logs, { success: Schema.Void, fails: [NotFound] }),
  follow: Operation.make("ProcessSessions.follow", "GET", logs, {
    query: FollowQuery,
    success: Schema.Void,
    fails: [NotFound]
  }),
  entrypoint: Operation.make("ProcessSessions.entrypoint", "GET", "/process/session/entrypoint", {
    success: ProcessSession,
    fails: [NotFound],
    secretBody
  }),
  entrypointLogs: Operation.make("ProcessSessions.entrypointLogs", "GET", entrypointLogs, {
    success: CommandLogs,
    fails: [NotFound]
  }),
  entrypointStoredLog: Operation.make("ProcessSessions.entrypointStoredLog", "GET", entrypointLogs, {
    success: Schema.Void,
    fails: [NotFound]
  }),
  followEntrypoint: Operation.make("ProcessSessions.followEntrypoint", "GET", entrypointLogs, {
    query: FollowQuery,
    success: Schema.Void,
    fails: [NotFound]
  })
}

/** For unique names: harmless to send twice, since a session that exists already is ours. */
export const createUnique = { ...operations.create, retry: "always" } as const

const halfWritten = /failed to convert exit code to int/

/** Whether the daemon read an exit code while it was being written. */
export const isHalfWritten = (error: { readonly _tag: string; readonly detail?: string | undefined }): boolean =>
  halfWritten.test(error.detail ?? "")

/** Retries while the daemon reads an exit code that is only half written, which takes milliseconds. */
export const settled = <A, E extends ApiError | NotFound, R>(request: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.retry(request, {
    while: (error) => "detail" in error && isHalfWritten(error),
    schedule: Schedule.intersect(Schedule.spaced("50 millis"), Schedule.recurs(20))
  })

/** Whether an error means that a session which did exist is gone: it was deleted, or its sandbox does not run. */
export const meansEnd = (error: { readonly _tag: string; readonly detail?: string | undefined }): boolean =>
  error._tag === "NotFound" ||
  /no IP address found|container IP|has no runner|sandbox( container)? not found/i.test(error.detail ?? "")
