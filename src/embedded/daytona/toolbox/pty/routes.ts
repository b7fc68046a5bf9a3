/** The endpoints for terminals. */
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { ConnectionFault } from "../../../ConnectionFault.js"
import { WebSocketUpgrade } from "../../../sockets/WebSocketUpgrade.js"
import * as responses from "../../http/responses.js"
import type { Machine } from "../Machine.js"
import { Refusal } from "../Refusal.js"
import type { Route } from "../Route.js"
import * as subProtocol from "../subProtocol.js"
import * as PtyClient from "./PtyClient.js"
import * as PtySession from "./PtySession.js"
import { envsOf, exitControl, ofQuery, readCreation, readResize, tooLarge } from "./ptyRequest.js"

/** The longest message from a client, in bytes. */
const longestMessage = 64 * 1024

/** Terminals: everything below `/process/pty`. */
export const make = (machine: Machine): Effect.Effect<ReadonlyArray<Route>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const sessions = new Map<string, PtySession.PtySession>()
    const killAll = Effect.suspend(() => Effect.forEach([...sessions.values()], ({ kill }) => kill, { discard: true }))
    yield* Effect.addFinalizer(() => killAll)
    const forgetStop = machine.onStop(killAll)
    yield* Effect.addFinalizer(() => Effect.sync(forgetStop))

    const find = (id: string): Effect.Effect<PtySession.PtySession, Refusal> => {
      const session = sessions.get(id)
      return session === undefined
        ? Effect.fail(
            new Refusal({ status: 404, message: "PTY session not found", old: "error", code: "PROCESS_NOT_FOUND" })
          )
        : Effect.succeed(session)
    }

    /** Makes a session without starting its shell. */
    const create = (wanted: Wanted): Effect.Effect<PtySession.PtySession, Refusal> =>
      Effect.gen(function* () {
        const { cols = 80, cwd, envs, id, lazyStart, rows = 24 } = wanted
        if (id === "") return yield* refusal(400, "session ID is required")
        if (sessions.has(id)) return yield* refusal(409, `PTY session with ID '${id}' already exists`)
        const large = tooLarge({ cols, rows })
        if (large !== undefined) return yield* refusal(400, `invalid value for ${large} - must be less than 1000`)
        const directory = yield* machine.resolve(cwd === "" ? machine.workDir : cwd, "error")
        const createdAt = new Date(yield* Clock.currentTimeMillis).toISOString()
        const term = envs["TERM"] === undefined || envs["TERM"] === "" ? "xterm-256color" : envs["TERM"]
        const session = PtySession.make(
          machine,
          { id, cwd: directory, envs: { ...envs, TERM: term }, cols, rows, lazyStart },
          { createdAt, onEnd: () => sessions.delete(id) }
        )
        sessions.set(id, session)
        return session
      })

    const serve = (
      upgrade: WebSocketUpgrade.Service,
      session: PtySession.PtySession | undefined,
      id: string
    ): Effect.Effect<HttpServerResponse.HttpServerResponse, ConnectionFault, Scope.Scope> =>
      Effect.gen(function* () {
        const socket = yield* upgrade.accept({
          protocol: subProtocol.choose(machine.generation, upgrade.protocols),
          maxMessage: longestMessage
        })
        yield* session === undefined
          ? PtyClient.refuse(socket, `PTY session ${id} not found`)
          : PtyClient.serve(socket, {
              losesOutput: machine.generation === "0.190",
              tellsExit: machine.generation === "current" && upgrade.protocols.includes(exitControl),
              attach: session.attach,
              begin: Effect.mapError(session.start, ({ message }) => ({ message: `${startFailed}: ${message}` })),
              input: session.input
            })
        return responses.empty(200)
      })

    const routes: ReadonlyArray<Route> = [
      {
        method: "POST",
        path: "/process/pty",
        handler: (request) =>
          Effect.gen(function* () {
            const body = yield* readCreation(request)
            const session = yield* create(body)
            if (!body.lazyStart) {
              yield* session.start.pipe(
                Effect.tapError(() => Effect.sync(() => sessions.delete(body.id))),
                Effect.mapError(({ message }) => refusal(500, `${startFailed}: ${message}`))
              )
            }
            return responses.json(201, { sessionId: body.id })
          })
      },
      {
        method: "GET",
        path: "/process/pty",
        handler: () =>
          Effect.sync(() => responses.json(200, { sessions: Array.from(sessions.values(), ({ info }) => info()) }))
      },
      {
        method: "GET",
        path: "/process/pty/create-connect",
        only: "current",
        handler: ({ query }) =>
          Effect.gen(function* () {
            const upgrade = yield* Effect.serviceOption(WebSocketUpgrade)
            if (Option.isNone(upgrade)) return subProtocol.notWebSocket
            const wanted = yield* ofQuery(query)
            const envs = yield* envsOf(upgrade.value.protocols)
            const session = yield* create({ ...wanted, envs, lazyStart: false })
            return yield* Effect.ensuring(
              serve(upgrade.value, session, wanted.id),
              // A session that could not be started is removed.
              Effect.suspend(() => (session.info().active ? Effect.void : session.kill))
            )
          })
      },
      {
        method: "GET",
        path: "/process/pty/{sessionId}",
        handler: ({ parameter }) =>
          Effect.map(find(parameter("sessionId")), (session) => responses.json(200, session.info()))
      },
      {
        method: "DELETE",
        path: "/process/pty/{sessionId}",
        handler: ({ parameter }) =>
          find(parameter("sessionId")).pipe(
            Effect.flatMap((session) => session.kill),
            Effect.as(responses.json(200, { message: "PTY session deleted" }))
          )
      },
      {
        method: "POST",
        path: "/process/pty/{sessionId}/resize",
        handler: (request) =>
          Effect.gen(function* () {
            const { cols, rows } = yield* readResize(request)
            const large = tooLarge({ cols, rows })
            if (large !== undefined) return yield* refusal(400, `${large} must be less than 1000`)
            const id = request.parameter("sessionId")
            const session = yield* Effect.mapError(find(id), () => refusal(410, `PTY session ${id} not found`))
            if (!session.resize(cols, rows)) return yield* refusal(500, "cannot resize inactive PTY session")
            return responses.json(200, session.info())
          })
      },
      {
        method: "GET",
        path: "/process/pty/{sessionId}/connect",
        handler: ({ parameter }) =>
          Effect.flatMap(
            Effect.serviceOption(WebSocketUpgrade),
            Option.match({
              onNone: () => Effect.succeed(subProtocol.notWebSocket),
              onSome: (upgrade) => serve(upgrade, sessions.get(parameter("sessionId")), parameter("sessionId"))
            })
          )
      }
    ]
    return routes
  })

/** A session as a client requested it. */
interface Wanted {
  readonly id: string
  readonly cwd: string
  readonly envs: Readonly<Record<string, string>>
  readonly cols?: number | undefined
  readonly rows?: number | undefined
  readonly lazyStart: boolean
}

const startFailed = "failed to start PTY session"

const refusal = (status: number, message: string) =>
  new Refusal({ status, message, old: "error", ...(status === 410 ? { code: "SESSION_ENDED" as const } : {}) })
