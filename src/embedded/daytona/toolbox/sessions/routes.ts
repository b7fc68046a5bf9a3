/** The endpoints for sessions. */
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { WebSocketUpgrade } from "../../../sockets/WebSocketUpgrade.js"
import * as responses from "../../http/responses.js"
import { flag, reader, requiredText } from "../jsonBody.js"
import type { Machine } from "../Machine.js"
import { Refusal } from "../Refusal.js"
import type { DaemonRequest, Route } from "../Route.js"
import * as subProtocol from "../subProtocol.js"
import * as Command from "./Command.js"
import { followLog } from "./followLog.js"
import * as logFormat from "./logFormat.js"
import * as Sessions from "./Sessions.js"

/** Sessions: everything below `/process/session`. */
export const make = (
  machine: Machine,
  options: Sessions.SessionsOptions = {}
): Effect.Effect<ReadonlyArray<Route>, never, Scope.Scope> =>
  Effect.map(Sessions.make(machine, options), (sessions) => {
    const findCommand = (sessionId: string, commandId: string) =>
      Effect.flatMap(sessions.find(sessionId), (session) => {
        const command = session.commands.get(commandId)
        return command === undefined
          ? Effect.fail(Sessions.notFound("command not found"))
          : Effect.succeed({ session, command })
      })

    const commandOf = ({ parameter }: DaemonRequest) => findCommand(parameter("sessionId"), parameter("commandId"))

    const logs = (request: DaemonRequest, sessionId: string, commandId: string) =>
      Effect.gen(function* () {
        const { command, session } = yield* findCommand(sessionId, commandId)
        const format = logFormat.formatOf(request)
        const upgrade = yield* Effect.serviceOption(WebSocketUpgrade)
        if (Option.isNone(upgrade)) return logFormat.response(format, yield* Command.log(command))
        const log = yield* Command.openLog(command)
        const protocol = subProtocol.choose(machine.generation, upgrade.value.protocols)
        const socket = yield* upgrade.value.accept({ protocol })
        yield* followLog(socket, {
          log,
          exitCode: Command.exitCodeFile(command),
          follow: request.query.get("follow") === "true",
          format,
          deleted: session.deleted
        })
        return responses.empty(200)
      })

    const execute = (request: DaemonRequest): ReturnType<Route["handler"]> =>
      Effect.gen(function* () {
        const id = request.parameter("sessionId")
        if (id === Sessions.entrypoint.session) return yield* reserved("can't execute command in entrypoint session")
        const body = yield* readExecution(request)
        const session = yield* Effect.mapError(sessions.find(id), wrapped("not found: "))
        const runsAsync = body.runAsync || body.async
        const command = yield* session.start({
          text: body.command,
          takesInput: runsAsync,
          echoesInput: !body.suppressInputEcho
        })
        if (runsAsync) {
          return responses.json(202, { cmdId: command.id, output: null, stdout: null, stderr: null, exitCode: null })
        }
        const exitCode = yield* Effect.raceFirst(
          awaitExitCode(command),
          Effect.zipRight(session.deleted, Effect.fail(cancelled))
        )
        const log = yield* Effect.mapError(Command.log(command), wrapped("bad request: failed to read log file: "))
        const members = logFormat.members(logFormat.formatOf(request), log)
        return responses.json(200, { cmdId: command.id, ...members, exitCode })
      })

    const routes: ReadonlyArray<Route> = [
      {
        method: "POST",
        path: "/process/session",
        handler: (request) =>
          Effect.gen(function* () {
            const { sessionId } = yield* readCreation(request)
            if (sessionId === Sessions.entrypoint.session) {
              return yield* reserved("provided session ID is reserved and cannot be created/overridden")
            }
            const cwd = logFormat.startsInHome(request.sdkVersion) ? machine.home : machine.workDir
            yield* sessions.create(sessionId, cwd)
            return responses.empty(201)
          })
      },
      {
        method: "GET",
        path: "/process/session",
        handler: () => Effect.map(Effect.forEach(sessions.list(), sessionView), (views) => responses.json(200, views))
      },
      {
        method: "GET",
        path: "/process/session/entrypoint",
        handler: () => show(sessions.find(Sessions.entrypoint.session))
      },
      {
        method: "GET",
        path: "/process/session/entrypoint/logs",
        handler: (request) => logs(request, Sessions.entrypoint.session, Sessions.entrypoint.command)
      },
      {
        method: "GET",
        path: "/process/session/{sessionId}",
        handler: ({ parameter }) => show(sessions.find(parameter("sessionId")))
      },
      {
        method: "DELETE",
        path: "/process/session/{sessionId}",
        handler: ({ parameter }) =>
          parameter("sessionId") === Sessions.entrypoint.session
            ? Effect.fail(reserved("can't delete entrypoint session"))
            : sessions.find(parameter("sessionId")).pipe(
                Effect.flatMap((session) => session.delete),
                Effect.as(responses.empty(204))
              )
      },
      { method: "POST", path: "/process/session/{sessionId}/exec", handler: execute },
      {
        method: "GET",
        path: "/process/session/{sessionId}/command/{commandId}",
        handler: (request) =>
          commandOf(request).pipe(
            Effect.flatMap(({ command }) => commandView(command)),
            Effect.map((view) => responses.json(200, view))
          )
      },
      {
        method: "POST",
        path: "/process/session/{sessionId}/command/{commandId}/input",
        handler: (request) =>
          Effect.gen(function* () {
            const { data } = yield* readInput(request)
            const { command, session } = yield* commandOf(request)
            if (session.hasEnded() && machine.generation === "current") {
              return yield* new Refusal({
                status: 410,
                message: "session process has exited",
                old: "envelope",
                code: "SESSION_ENDED"
              })
            }
            yield* Command.input(command, data)
            return responses.empty(204)
          })
      },
      {
        method: "GET",
        path: "/process/session/{sessionId}/command/{commandId}/logs",
        handler: (request) => logs(request, request.parameter("sessionId"), request.parameter("commandId"))
      }
    ]
    return routes
  })

const invalid = (problem: string) =>
  new Refusal({ status: 400, message: `invalid body request: ${problem}`, old: "envelope" })

const readCreation = reader(Schema.Struct({ sessionId: requiredText }), invalid)

const readInput = reader(Schema.Struct({ data: requiredText }), invalid)

const readExecution = reader(
  Schema.Struct({
    command: Schema.String.pipe(Schema.filter((command) => command.trim() !== "" || "must not be blank")),
    runAsync: flag,
    async: flag,
    suppressInputEcho: flag
  }),
  (problem) => new Refusal({ status: 400, message: `invalid request body: ${problem}`, old: "empty" })
)

const reserved = (message: string) => new Refusal({ status: 400, message, old: "envelope" })

/** A failure of a handler that loses its kind. */
const wrapped = (prefix: string) => (refusal: Refusal) =>
  new Refusal({ status: refusal.status, message: `${prefix}${refusal.message}`, old: "wrapped", code: refusal.code })

const cancelled = new Refusal({
  status: 410,
  message: "bad request: session cancelled",
  old: "wrapped",
  code: "SESSION_ENDED"
})

const pollInterval = "50 millis"

/** Polls until the exit code is written. */
const awaitExitCode = (command: Command.Command): Effect.Effect<number, Refusal> =>
  Command.exitCode(command).pipe(
    Effect.mapError(wrapped("bad request: ")),
    Effect.flatMap((exitCode) =>
      exitCode === undefined ? Effect.delay(awaitExitCode(command), pollInterval) : Effect.succeed(exitCode)
    )
  )

const commandView = (command: Command.Command) =>
  Effect.map(Command.exitCode(command), (exitCode) => ({ id: command.id, command: command.text, exitCode }))

const sessionView = (session: Sessions.Session) =>
  Effect.map(Effect.forEach(session.commands.values(), commandView), (commands) => ({
    sessionId: session.id,
    commands
  }))

const show = (
  found: Effect.Effect<Sessions.Session, Refusal>
): Effect.Effect<HttpServerResponse.HttpServerResponse, Refusal> =>
  found.pipe(
    Effect.flatMap(sessionView),
    Effect.map((view) => responses.json(200, view))
  )
