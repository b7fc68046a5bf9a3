/** Starts servers in the background, shows what they print, and stops them. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import { Sandboxes } from "../../services/daytona/sandboxes/Sandboxes.js"
import { Ports } from "../../services/daytona/toolbox/Ports.js"
import { Process } from "../../services/daytona/toolbox/process/Process.js"
import { cannotEnter } from "../../services/daytona/toolbox/shellText.js"
import { Toolbox } from "../../services/daytona/toolbox/Toolbox.js"
import { makeCapture } from "../capture.js"
import { writing } from "../captureScripts.js"
import { sandboxFailureOf } from "../failures.js"
import { handler } from "../handler.js"
import type { Kit } from "../Kit.js"
import { ToolFailed, type ToolFailure } from "../ToolFailure.js"
import { grouped } from "../text.js"
import { readServerOutput, startServer, stopServer, toolkit } from "./tools.js"

interface Server {
  /** The id of its output. */
  readonly output: string
  readonly scope: Scope.CloseableScope
  isStopped: boolean
}

export const make = (kit: Kit) =>
  Effect.gen(function* () {
    const process = yield* Process
    const ports = yield* Ports
    const layerScope = yield* Effect.scope
    const sandboxes = yield* Effect.serviceOption(Sandboxes)
    const toolbox = yield* Effect.serviceOption(Toolbox)
    const capture = yield* makeCapture(process, kit)
    const servers = new Map<string, Server>()
    let count = 0
    /** How many are being started. */
    let starting = 0

    /** The address without its token: an answer of a tool may go anywhere. None is better than a failure here. */
    const addressOf = (port: number): Effect.Effect<string | undefined> =>
      Option.isNone(sandboxes) || Option.isNone(toolbox)
        ? Effect.succeed(undefined)
        : sandboxes.value.previewLink(toolbox.value.sandboxId, port).pipe(
            Effect.map(({ url }) => url),
            Effect.timeout("10 seconds"),
            Effect.orElseSucceed(() => undefined)
          )

    /** With what a server printed before it was given up, and how it ended, if that can be had. */
    const failed = (
      reason: "ended" | "notReady",
      output: string,
      messageOf: (exitCode: number | undefined) => string
    ): Effect.Effect<never, ToolFailure> =>
      capture.read(output).pipe(
        Effect.orElseSucceed(() => ({ exitCode: undefined, output: "" })),
        Effect.flatMap((printed) =>
          Effect.fail(
            new ToolFailed({
              reason,
              message: messageOf(printed.exitCode),
              ...(printed.output === "" ? {} : { found: printed.output })
            })
          )
        )
      )

    const start = (
      command: string,
      port: number,
      directory: string | undefined,
      seconds: number | undefined
    ): Effect.Effect<readonly [id: string, server: Server], ToolFailure> =>
      Effect.gen(function* () {
        const timeout = yield* kit.limitOf("waitSeconds", seconds, Duration.minutes(1))
        const running = [...servers.values()].filter(({ isStopped }) => !isStopped).length
        if (running + starting >= kit.maxServers) {
          const message = `Nothing was started: ${grouped(kit.maxServers)} servers run already. Stop one first.`
          return yield* new ToolFailed({ reason: "refused", message })
        }
        return yield* Effect.acquireUseRelease(
          Effect.sync(() => {
            starting += 1
          }),
          () => startAt(command, port, directory, timeout),
          () =>
            Effect.sync(() => {
              starting -= 1
            })
        )
      })

    const startAt = (
      command: string,
      port: number,
      directory: string | undefined,
      timeout: Duration.Duration
    ): Effect.Effect<readonly [id: string, server: Server], ToolFailure> =>
      Effect.gen(function* () {
        const isTaken = yield* Effect.mapError(ports.inUse(port), sandboxFailureOf(kit))
        if (isTaken) {
          const message = `Nothing was started: something listens on port ${port} already. Stop it, or use another port.`
          return yield* new ToolFailed({ reason: "alreadyExists", message })
        }
        const output = yield* capture.newId
        const scope = yield* Scope.fork(layerScope, ExecutionStrategy.sequential)
        const server: Server = { output, scope, isStopped: false }
        return yield* Effect.gen(function* () {
          const running = yield* process
            .start(writing(output, command), { cwd: directory, env: kit.env })
            .pipe(Scope.extend(scope), Effect.mapError(sandboxFailureOf(kit)))
          const ended = Effect.matchEffect(running.exitCode, {
            onFailure: (error): Effect.Effect<never, ToolFailure> => Effect.fail(sandboxFailureOf(kit)(error)),
            onSuccess: (shellsCode) =>
              failed("ended", output, (exitCode) =>
                shellsCode === cannotEnter && directory !== undefined
                  ? `Nothing was started: there is no directory ${kit.named(directory)}.`
                  : `It ended${exitCode === undefined ? "" : ` with exit code ${exitCode}`} before anything listened on port ${port}.`
              )
          })
          const listening = ports
            .awaitPort(port, { timeout })
            .pipe(
              Effect.catchAll((error) =>
                error._tag === "PortNotReady"
                  ? failed("notReady", output, () => `Nothing listened on port ${port} in time, so it was killed.`)
                  : Effect.fail(sandboxFailureOf(kit)(error))
              )
            )
          yield* Effect.raceFirst(listening, ended)
          count += 1
          const id = `server-${count}`
          servers.set(id, server)
          return [id, server] as const
        }).pipe(Effect.onExit((exit) => (Exit.isSuccess(exit) ? Effect.void : Scope.close(scope, Exit.void))))
      })

    const find = (id: string): Effect.Effect<Server, ToolFailed> => {
      const server = servers.get(id)
      if (server !== undefined) return Effect.succeed(server)
      const known = servers.size === 0 ? "No server has been started." : `There is ${[...servers.keys()].join(", ")}.`
      return new ToolFailed({ reason: "notFound", message: `There is no server ${kit.named(id)}. ${known}` })
    }

    const withNote = (note: string | undefined) => (note === undefined ? {} : { note })

    return toolkit.of({
      start_server: handler(startServer, ({ command, directory, port, waitSeconds }) =>
        Effect.gen(function* () {
          const [id, server] = yield* start(command, port, directory, waitSeconds)
          const { note, output } = yield* capture.read(server.output)
          const url = yield* addressOf(port)
          return { server: id, port, ...(url === undefined ? {} : { url }), output, ...withNote(note) }
        })
      ),
      read_server_output: handler(readServerOutput, (given) =>
        Effect.gen(function* () {
          const server = yield* find(given.server)
          const { exitCode, note, output } = yield* capture.read(server.output)
          return { running: exitCode === undefined && !server.isStopped, output, ...withNote(note) }
        })
      ),
      stop_server: handler(stopServer, (given) =>
        Effect.gen(function* () {
          const server = yield* find(given.server)
          server.isStopped = true
          yield* Scope.close(server.scope, Exit.void)
          const { note, output } = yield* capture.read(server.output)
          return { stopped: true as const, output, ...withNote(note) }
        })
      )
    })
  })
