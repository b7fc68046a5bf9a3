import { closeSync, constants, openSync } from "node:fs"
import { stat } from "node:fs/promises"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

/** A pseudo-terminal and the process in it. */
export interface Terminal {
  readonly pid: number
  readonly write: (input: string | Uint8Array) => void
  /** How many bytes the process has yet to make room for. */
  readonly pending: () => number
  readonly resize: (cols: number, rows: number) => void
}

/** What a terminal is started with. */
export interface TerminalOptions {
  readonly shell: string
  readonly cwd: string
  readonly environment: Readonly<Record<string, string>>
  readonly cols: number
  readonly rows: number
  readonly onOutput: (output: Uint8Array) => void
  /** After all output. */
  readonly onExit: (status: { readonly exitCode: number; readonly signal?: number | undefined }) => void
}

/** There is no terminal. */
export class TerminalFailed extends Data.TaggedError("TerminalFailed")<{ readonly message: string }> {}

/** Terminals can be started. */
export interface Terminals {
  readonly spawn: (options: TerminalOptions) => Effect.Effect<Terminal, TerminalFailed>
}

const failed = (problem: unknown) =>
  new TerminalFailed({ message: problem instanceof Error ? problem.message : String(problem) })

/**
 * The part of a terminal of node-pty that is of use. Its types know neither that bytes may be written nor what is behind it: the
 * socket, which alone tells whether the process reads what is written, and the path.
 */
interface NativeTerminal {
  readonly pid: number
  write(input: string | Uint8Array): void
  resize(cols: number, rows: number): void
  readonly _socket?: { readonly writableLength: number }
  /** The path of the process' end. */
  readonly ptsName?: string
}

/**
 * Holds the process' end of a terminal open as well. Without that, Node takes the end of the process for the end of the output
 * as soon as one read brings less than it has room for, and what is still in the terminal is lost.
 */
const holdOpen = ({ ptsName = "" }: NativeTerminal): (() => void) =>
  Option.match(Option.liftThrowable(openSync)(ptsName, constants.O_RDWR | constants.O_NOCTTY), {
    onNone: () => () => undefined,
    onSome: (descriptor) => () => closeSync(descriptor)
  })

/** Loads the native part, which the application may not have installed. */
export const load: Effect.Effect<Terminals, TerminalFailed> = Effect.tryPromise({
  try: () => import("@lydell/node-pty"),
  catch: failed
}).pipe(
  Effect.map(({ spawn }) => ({
    spawn: ({ cols, cwd, environment, onExit, onOutput, rows, shell }) =>
      Effect.try({
        try: () => {
          const terminal = spawn(shell, ["-i", "-l"], {
            name: environment["TERM"] ?? "xterm-256color",
            cwd,
            env: { ...environment },
            // The system takes no empty window; the daemon's callers may ask for one.
            cols: Math.max(1, cols),
            rows: Math.max(1, rows),
            encoding: null
          })
          terminal.onData((output: string | Uint8Array) =>
            onOutput(typeof output === "string" ? Buffer.from(output) : output)
          )
          const native: NativeTerminal = terminal
          const release = holdOpen(native)
          terminal.onExit((status) => {
            release()
            onExit(status)
          })
          return {
            pid: native.pid,
            write: (input) => native.write(input),
            pending: () => native._socket?.writableLength ?? 0,
            resize: (cols, rows) => native.resize(cols, rows)
          }
        },
        catch: failed
      })
  }))
)

/** Fails unless a process could begin in the directory. */
export const checkDirectory = (path: string): Effect.Effect<void, TerminalFailed> =>
  Effect.filterOrFail(
    Effect.tryPromise({ try: () => stat(path), catch: failed }),
    (found) => found.isDirectory(),
    () => new TerminalFailed({ message: `chdir ${path}: not a directory` })
  )
