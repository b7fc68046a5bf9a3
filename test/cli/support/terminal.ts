/** Runs the command line in a pseudo-terminal, and reads what a person would see, from a terminal emulator. */
import * as pty from "@lydell/node-pty"
import headless from "@xterm/headless"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { environment, program, type Variables } from "./program.js"
import { watched } from "./watched.js"

/** A process in a terminal. */
export interface Screen {
  /** The lines that are on the screen, without what is blank at their ends and below them. */
  readonly text: () => string
  /** Everything that was written, with its control sequences. */
  readonly raw: () => string
  /** Waits until the screen shows something. */
  readonly shows: (sought: string | RegExp) => Effect.Effect<void>
  readonly type: (keys: string) => void
  readonly resize: (columns: number, rows: number) => void
  readonly pid: number
  /** The exit code; of a process that a signal has ended, the signal as well. */
  readonly ended: Effect.Effect<{ readonly exitCode: number; readonly signal: number | undefined }>
}

export const enter = "\r"
export const controlC = "\u0003"
export const controlD = "\u0004"

/** Starts the program in a terminal of this size. It is killed when the scope closes. */
export const open = (
  args: ReadonlyArray<string>,
  options: {
    readonly home: string
    readonly variables?: Variables
    readonly columns?: number
    readonly rows?: number
  }
): Effect.Effect<Screen, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const { columns: cols = 80, rows = 24 } = options
      const emulator = new headless.Terminal({ cols, rows, allowProposedApi: true })
      const child = pty.spawn(process.execPath, [program, ...args], {
        cols,
        rows,
        cwd: options.home,
        name: "xterm-256color",
        env: environment(options.home, options.variables)
      })
      const output = watched()
      let raw = ""
      child.onData((data) => {
        raw += data
        emulator.write(data, output.changed)
      })
      let ended: { readonly exitCode: number; readonly signal: number | undefined } | undefined
      child.onExit(({ exitCode, signal }) => {
        ended = { exitCode, signal }
        output.changed()
      })
      const text = () => {
        const { active } = emulator.buffer
        const lines = Array.from(
          { length: active.length },
          (_, index) => active.getLine(index)?.translateToString(true) ?? ""
        )
        return lines.join("\n").trimEnd()
      }
      const drained = Effect.async<void>((resume) => emulator.write("", () => resume(Effect.void)))
      const screen: Screen = {
        text,
        raw: () => raw,
        shows: (sought) =>
          output.until(() => {
            // A line that is wider than the screen is on several.
            const seen = [text(), text().replaceAll("\n", "")]
            return seen.some((each) => (typeof sought === "string" ? each.includes(sought) : sought.test(each)))
          }),
        type: (keys) => child.write(keys),
        resize: (columns, newRows) => {
          emulator.resize(columns, newRows)
          child.resize(columns, newRows)
        },
        pid: child.pid,
        ended: output
          .until(() => ended !== undefined)
          .pipe(
            Effect.zipRight(drained),
            Effect.map(() => ended ?? { exitCode: -1, signal: undefined })
          )
      }
      const kill = () => {
        if (ended === undefined) child.kill("SIGKILL")
        emulator.dispose()
      }
      return { screen, kill }
    }),
    ({ kill }) => Effect.sync(kill)
  ).pipe(Effect.map(({ screen }) => screen))
