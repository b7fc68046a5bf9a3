/** Pseudo-terminals, by way of node-pty. */
import { closeSync, constants, openSync, writeSync } from "node:fs"
import { stat } from "node:fs/promises"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

/** A pseudo-terminal and the process in it. */
export interface Terminal {
  readonly pid: number
  readonly write: (input: string | Uint8Array) => void
  /** How many bytes of input the process has not read. */
  readonly pending: () => number
  readonly resize: (cols: number, rows: number) => void
}

/** How to start a terminal. */
export interface TerminalOptions {
  readonly shell: string
  readonly cwd: string
  readonly environment: Readonly<Record<string, string>>
  readonly cols: number
  readonly rows: number
  readonly onOutput: (output: Uint8Array) => void
  /** Whether all output is read before `onExit`; the older daemon does not wait for it. */
  readonly drains: boolean
  /** Called after all output that is read. */
  readonly onExit: (status: { readonly exitCode: number; readonly signal?: number | undefined }) => void
}

/** The terminal could not be started. */
export class TerminalFailed extends Data.TaggedError("TerminalFailed")<{ readonly message: string }> {}

/** Starts terminals. */
export interface Terminals {
  readonly spawn: (options: TerminalOptions) => Effect.Effect<Terminal, TerminalFailed>
}

const failed = (problem: unknown) =>
  new TerminalFailed({ message: problem instanceof Error ? problem.message : String(problem) })

/**
 * The part of node-pty's terminal that is used. Its types lack the descriptor, the socket, which alone reveals whether
 * it is still open, and the path.
 */
interface NativeTerminal {
  readonly pid: number
  write(input: string): void
  resize(cols: number, rows: number): void
  readonly fd?: number
  readonly _socket?: { readonly destroyed: boolean }
  /** The path of the process's end. */
  readonly ptsName?: string
}

/**
 * Holds the process's end of a terminal open as well. Otherwise Node takes the process's exit for the end of the output
 * after the first read that returns less than its buffer holds, and the rest is lost.
 */
const holdOpen = ({ ptsName = "" }: NativeTerminal): (() => void) =>
  Option.match(Option.liftThrowable(openSync)(ptsName, constants.O_RDWR | constants.O_NOCTTY), {
    onNone: () => () => undefined,
    onSome: (descriptor) => () => closeSync(descriptor)
  })

/** How much is written at once, in bytes. */
const portion = 4096

/** How long to wait for a process that does not read, in milliseconds. */
const retryAfter = 5

interface Input {
  readonly write: (input: string | Uint8Array) => void
  readonly pending: () => number
}

/**
 * Writes to the descriptor, and waits while the terminal is full. Node's socket would write again and again without
 * returning: it takes the descriptor for one that blocks. A terminal is full as long as nobody reads what it echoes,
 * which is for this process to do, so that nothing would ever happen again.
 */
const inputOf = (terminal: NativeTerminal): Input => {
  const { _socket: socket, fd } = terminal
  if (fd === undefined || socket === undefined) {
    return { write: (input) => terminal.write(Buffer.from(input).toString()), pending: () => 0 }
  }
  let queue: Array<Uint8Array> = []
  let pending = 0
  const fail = () => {
    queue = []
    pending = 0
  }
  // The descriptor may belong to something else once the socket is destroyed.
  const flush = () => {
    if (socket.destroyed) return fail()
    const [next] = queue
    if (next === undefined) return
    const written = send(fd, next)
    if (written === undefined) return fail()
    pending -= written
    if (written === next.length) queue.shift()
    else queue[0] = next.subarray(written)
    if (queue.length > 0) setTimeout(flush, written === 0 ? retryAfter : 0)
  }
  return {
    write: (input) => {
      const bytes = Buffer.from(input)
      if (bytes.length === 0) return
      const isIdle = queue.length === 0
      for (let at = 0; at < bytes.length; at += portion) queue.push(bytes.subarray(at, at + portion))
      pending += bytes.length
      if (isIdle) flush()
    },
    pending: () => pending
  }
}

/** How much was written: nothing if the terminal is full, `undefined` if it is closed. */
const send = (fd: number, bytes: Uint8Array): number | undefined => {
  try {
    return writeSync(fd, bytes)
  } catch (problem) {
    return problem instanceof Error && "code" in problem && problem.code === "EAGAIN" ? 0 : undefined
  }
}

/** Loads the optional native module. */
export const load: Effect.Effect<Terminals, TerminalFailed> = Effect.tryPromise({
  try: () => import("@lydell/node-pty"),
  catch: failed
}).pipe(
  Effect.map(({ spawn }) => ({
    spawn: ({ cols, cwd, drains, environment, onExit, onOutput, rows, shell }) =>
      Effect.try({
        try: () => {
          const terminal = spawn(shell, ["-i", "-l"], {
            name: environment["TERM"] ?? "xterm-256color",
            cwd,
            env: { ...environment },
            // The system does not accept an empty window, but the daemon's clients may request one.
            cols: Math.max(1, cols),
            rows: Math.max(1, rows),
            encoding: null
          })
          terminal.onData((output: string | Uint8Array) =>
            onOutput(typeof output === "string" ? Buffer.from(output) : output)
          )
          const native: NativeTerminal = terminal
          const release = drains ? holdOpen(native) : () => undefined
          terminal.onExit((status) => {
            release()
            onExit(status)
          })
          return {
            pid: native.pid,
            ...inputOf(native),
            resize: (cols, rows) => native.resize(cols, rows)
          }
        },
        catch: failed
      })
  }))
)

/** Fails unless a process can start in the directory. */
export const checkDirectory = (path: string): Effect.Effect<void, TerminalFailed> =>
  Effect.filterOrFail(
    Effect.tryPromise({ try: () => stat(path), catch: failed }),
    (found) => found.isDirectory(),
    () => new TerminalFailed({ message: `chdir ${path}: not a directory` })
  )
