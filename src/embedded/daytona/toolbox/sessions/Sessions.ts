/** The sessions of a machine, each a shell that runs one command after another. */
import { randomUUID } from "node:crypto"
import { mkdir, rm } from "node:fs/promises"
import { join } from "node:path"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as Scope from "effect/Scope"
import type { Machine } from "../Machine.js"
import * as processTree from "../processTree.js"
import { Refusal } from "../Refusal.js"
import * as Command from "./Command.js"
import * as SessionShell from "./SessionShell.js"

/** Configures the sessions of a machine. */
export interface SessionsOptions {
  /**
   * The command that the daemon was started with, and its arguments. It runs in the session `entrypoint`. Default none.
   */
  readonly entrypoint?: ReadonlyArray<string> | undefined
  /** How long the processes of a deleted session may take to end. Default 5 seconds. */
  readonly grace?: Duration.DurationInput | undefined
  /** How often the exit code of each command is found incomplete, which is a race in the real daemon. Default 0. */
  readonly halfWrittenExitCodes?: number | undefined
}

/** A shell that runs one command after another. */
export interface Session {
  readonly id: string
  readonly commands: ReadonlyMap<string, Command.Command>
  /** Completes when the session is deleted. */
  readonly deleted: Effect.Effect<void>
  readonly hasEnded: () => boolean
  /** Queues a command. */
  readonly start: (request: {
    readonly text: string
    readonly takesInput: boolean
    readonly echoesInput: boolean
    readonly id?: string
  }) => Effect.Effect<Command.Command, Refusal>
  readonly delete: Effect.Effect<void>
}

export interface Sessions {
  /** All but the session of the entrypoint. */
  readonly list: () => ReadonlyArray<Session>
  readonly find: (id: string) => Effect.Effect<Session, Refusal>
  readonly create: (id: string, cwd: string) => Effect.Effect<Session, Refusal>
}

/** The ids of the entrypoint's session and of its only command. */
export const entrypoint = { session: "entrypoint", command: "entrypoint_command" } as const

/** How many commands are queued; starting another one waits. */
const longestQueue = 128

export const make = (machine: Machine, options: SessionsOptions): Effect.Effect<Sessions, never, Scope.Scope> =>
  Effect.gen(function* () {
    const parentScope = yield* Effect.scope
    const creating = yield* Effect.makeSemaphore(1)
    const sessions = new Map<string, Session>()
    const create: Sessions["create"] = (id, cwd) =>
      Effect.gen(function* () {
        if (sessions.has(id)) {
          return yield* new Refusal({ status: 409, message: "session already exists", old: "envelope" })
        }
        const session = yield* begin(machine, options, { id, cwd, parentScope, forget: () => sessions.delete(id) })
        sessions.set(id, session)
        return session
      }).pipe(creating.withPermits(1))
    if (options.entrypoint !== undefined) {
      const text = options.entrypoint.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ")
      yield* create(entrypoint.session, machine.workDir).pipe(
        Effect.flatMap((session) =>
          session.start({ text, takesInput: true, echoesInput: true, id: entrypoint.command })
        ),
        Effect.ignoreLogged
      )
    }
    return {
      list: () => [...sessions.values()].filter(({ id }) => id !== entrypoint.session),
      find: (id) => {
        const session = sessions.get(id)
        return session === undefined ? Effect.fail(notFound("session not found")) : Effect.succeed(session)
      },
      create
    }
  })

/** 404 for an unknown session or command. */
export const notFound = (message: string) =>
  new Refusal({ status: 404, message, old: "envelope", code: "PROCESS_NOT_FOUND" })

const begin = (
  machine: Machine,
  options: SessionsOptions,
  about: {
    readonly id: string
    readonly cwd: string
    readonly parentScope: Scope.Scope
    readonly forget: () => void
  }
): Effect.Effect<Session, Refusal> =>
  Effect.gen(function* () {
    const directory = join(machine.home, ".daytona", "sessions", pathPart(about.id))
    const commands = new Map<string, Command.Command>()
    const queue = yield* Queue.bounded<Command.Command>(longestQueue)
    const deleted = yield* Deferred.make<void>()
    const scope = yield* Scope.fork(about.parentScope, ExecutionStrategy.sequential)
    const end = Effect.zipRight(Deferred.succeed(deleted, undefined), Scope.close(scope, Exit.void))
    const forgetStop = machine.onStop(end)
    yield* Scope.addFinalizer(scope, Effect.zipRight(Effect.sync(forgetStop), Deferred.succeed(deleted, undefined)))
    const shell = yield* SessionShell.start(machine, about.cwd).pipe(
      Effect.zipLeft(Effect.tryPromise(() => mkdir(directory, { recursive: true }))),
      Scope.extend(scope),
      Effect.onError(() => end),
      Effect.mapError(({ message }) => new Refusal({ status: 500, message, old: "envelope" }))
    )
    // Commands queued behind the one that ended the shell are never run, without an error.
    yield* Queue.take(queue).pipe(
      Effect.flatMap((command) => Command.run(command, shell)),
      Effect.repeat({ while: () => !shell.hasEnded() }),
      Effect.interruptible,
      Effect.forkIn(scope)
    )
    const remove = Effect.gen(function* () {
      yield* processTree.terminateDescendants(shell.pid, shell.readers)
      // Behind a command, the shell has a trap for SIGTERM.
      const { grace = "5 seconds" } = options
      yield* processTree.terminate(shell.pid, { grace, interval: "100 millis", waitForLeader: false })
      yield* end
      yield* Effect.ignore(Effect.tryPromise(() => rm(directory, { recursive: true, force: true })))
      about.forget()
    })
    return {
      id: about.id,
      commands,
      deleted: Deferred.await(deleted),
      hasEnded: shell.hasEnded,
      start: ({ id = randomUUID(), ...request }) =>
        Effect.gen(function* () {
          const command: Command.Command = {
            ...request,
            id,
            directory: join(directory, id),
            known: undefined,
            halfWritten: options.halfWrittenExitCodes ?? 0
          }
          commands.set(id, command)
          yield* Command.write(command)
          if (shell.hasEnded()) {
            return yield* new Refusal({
              status: 410,
              message: "bad request: failed to write command: write |1: broken pipe",
              old: "wrapped",
              code: "SESSION_ENDED"
            })
          }
          yield* Queue.offer(queue, command)
          return command
        }),
      // The deletion continues when the client disconnects.
      delete: Effect.flatMap(Effect.forkIn(Effect.interruptible(remove), about.parentScope), Fiber.join)
    }
  })

/** Turns any id into the name of a single directory. */
const pathPart = (id: string): string => encodeURIComponent(id).replace(/^\.+$/, (dots) => dots.replaceAll(".", "%2E"))
