/** A terminal session, which outlives its clients. */
import * as Effect from "effect/Effect"
import type { Machine } from "../Machine.js"
import * as processTree from "../processTree.js"
import type { PtyClient } from "./PtyClient.js"
import { killed, ofProcess, type PtyExit } from "./PtyExit.js"
import * as Terminal from "./Terminal.js"

/** A session as requested. */
export interface PtyRequest {
  readonly id: string
  readonly cwd: string
  readonly envs: Readonly<Record<string, string>>
  readonly cols: number
  readonly rows: number
  readonly lazyStart: boolean
}

/** A shell in a terminal, with the attached clients. */
export interface PtySession {
  readonly info: () => PtyRequest & { readonly createdAt: string; readonly active: boolean }
  /** Starts the shell, unless it is running. */
  readonly start: Effect.Effect<void, Terminal.TerminalFailed>
  readonly attach: (client: PtyClient) => () => void
  readonly input: (message: string | Uint8Array) => Effect.Effect<void>
  /** Returns `false` before the shell has started. */
  readonly resize: (cols: number, rows: number) => boolean
  readonly kill: Effect.Effect<void>
}

/** How much input may be unread before the client has to wait, in bytes. */
const mostPending = 64 * 1024
const pollInterval = "5 millis"

export const make = (
  machine: Machine,
  request: PtyRequest,
  about: {
    readonly createdAt: string
    /** Runs when the process has ended. */
    readonly onEnd: () => void
  }
): PtySession => {
  const clients = new Set<PtyClient>()
  const starting = Effect.unsafeMakeSemaphore(1)
  let { cols, rows } = request
  let terminal: Terminal.Terminal | undefined
  let ended = false

  const end = (exit: PtyExit) => {
    if (!ended) {
      ended = true
      terminal = undefined
      about.onEnd()
      for (const client of clients) client.exited(exit)
      clients.clear()
    }
  }

  const start = Effect.gen(function* () {
    if (terminal !== undefined || ended) return
    const terminals = yield* Terminal.load
    yield* Terminal.checkDirectory(request.cwd)
    terminal = yield* terminals.spawn({
      shell: machine.shell,
      cwd: request.cwd,
      environment: { ...machine.environment(), ...request.envs },
      cols,
      rows,
      drains: machine.generation !== "0.190",
      onOutput: (output) => {
        for (const client of clients) client.output(output)
      },
      onExit: (status) => end(ofProcess(status))
    })
  }).pipe(Effect.uninterruptible, starting.withPermits(1))

  // Takes no more input until the process has read enough.
  const roomForInput: Effect.Effect<void> = Effect.suspend(() =>
    (terminal?.pending() ?? 0) > mostPending ? Effect.delay(roomForInput, pollInterval) : Effect.void
  )

  return {
    info: () => ({
      ...request,
      cols,
      rows,
      createdAt: about.createdAt,
      active: terminal !== undefined
    }),
    start,
    attach: (client) => {
      clients.add(client)
      return () => {
        clients.delete(client)
      }
    },
    input: (message) =>
      Effect.zipRight(
        Effect.sync(() => terminal?.write(message)),
        roomForInput
      ),
    resize: (newCols, newRows) => {
      if (terminal === undefined) return false
      cols = newCols
      rows = newRows
      // The system does not accept an empty window, but the daemon does.
      if (cols > 0 && rows > 0) terminal.resize(cols, rows)
      return true
    },
    kill: Effect.suspend(() => {
      const running = terminal
      end(killed)
      return running === undefined ? Effect.void : processTree.kill(running.pid)
    })
  }
}
