/** What a command shows: its result on stdout, for people or as JSON, and everything else on stderr. */
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Failure, OutputClosed } from "./failures.js"
import { type Terminal, wantsColours, write } from "./streams.js"
import type { Column } from "./table.js"
import { json, render, type Text } from "./text.js"

/** What a command shows: its result on stdout, for people or as JSON, and everything else on stderr. */
export class Output extends Context.Tag("effect-sandboxes/cli/Output")<Output, Output.Service>() {}

export declare namespace Output {
  interface Service {
    /** Whether `--json` was given. */
    readonly json: boolean
    /** Whether `--verbose` was given. */
    readonly verbose: boolean
    readonly stdout: Terminal
    readonly stderr: Terminal
    /** The width of the terminal that results are shown on; `undefined`: there is none, so nothing is cut. */
    readonly width: () => number | undefined
    /** Writes to stdout: a part of the result for people. Ends no line. */
    readonly print: (text: Text) => Effect.Effect<void, OutputClosed>
    /** Writes a line of JSON to stdout. */
    readonly printJson: (value: unknown) => Effect.Effect<void, OutputClosed>
    /** Writes a line to stderr: what happens, not what came of it. Never fails: a closed stderr is nobody's failure. */
    readonly note: (text: Text) => Effect.Effect<void>
    /** Writes to stderr as it is, with its control characters: for progress, which moves the cursor. */
    readonly draw: (sequence: string) => Effect.Effect<void>
  }
}

/** How results are shown. */
export interface Format {
  readonly json: boolean
  readonly verbose: boolean
}

const variable = (name: string) => Config.map(Config.option(Config.string(name)), Option.getOrUndefined)

const colourSettings = Config.all({
  NO_COLOR: variable("NO_COLOR"),
  FORCE_COLOR: variable("FORCE_COLOR"),
  TERM: variable("TERM")
})

/** What the streams of this process are. */
export const terminals = Effect.map(
  Effect.orElseSucceed(colourSettings, () => undefined),
  (settings) => {
    const about = ({ isTTY = false }: NodeJS.WriteStream): Terminal => ({
      isTerminal: isTTY,
      colours: settings !== undefined && wantsColours(isTTY, settings)
    })
    return { stdout: about(process.stdout), stderr: about(process.stderr) }
  }
)

export const make = (format: Format): Effect.Effect<Output.Service> =>
  Effect.map(terminals, ({ stderr, stdout }) => ({
    ...format,
    stdout,
    stderr,
    width: () => (stdout.isTerminal ? process.stdout.columns : undefined),
    print: (text) => write(process.stdout, render(text, stdout.colours)),
    printJson: (value) => write(process.stdout, `${json(value)}\n`),
    note: (text) => Effect.ignore(write(process.stderr, `${render(text, stderr.colours)}\n`)),
    draw: (sequence) => Effect.ignore(write(process.stderr, sequence))
  }))

/**
 * Shows one result: with `--json` as a line, encoded by its schema, otherwise as text. A stream shows its elements one
 * by one with it.
 */
export const show = <A, I>(
  schema: Schema.Schema<A, I>,
  value: A,
  text: (value: A) => Text
): Effect.Effect<void, OutputClosed | Failure, Output> =>
  Effect.flatMap(Output, (output) =>
    output.json
      ? Effect.flatMap(
          Effect.mapError(Schema.encode(schema)(value), ({ message }) => ({
            _tag: "InvalidResponse",
            message: `The result cannot be shown as JSON: ${message}`
          })),
          output.printJson
        )
      : output.print(text(value))
  )

/** Loaded for what needs it: the widths of all characters take as long to load as Node takes to start. */
const tables = Effect.promise(() => import("./table.js"))

/** Shows a list: with `--json` as one line with an array, otherwise as a table, or as a sentence if it is empty. */
export const showList = <A, I>(
  schema: Schema.Schema<A, I>,
  rows: ReadonlyArray<A>,
  view: { readonly columns: ReadonlyArray<Column<A>>; readonly empty: string }
): Effect.Effect<void, OutputClosed | Failure, Output> =>
  Effect.flatMap(Output, ({ json, note, width }) =>
    rows.length === 0 && !json
      ? note(view.empty)
      : Effect.flatMap(tables, ({ table }) =>
          show(Schema.Array(schema), rows, (shown) => table(view.columns, shown, width()))
        )
  )

/** A line on stderr. */
export const note = (text: Text): Effect.Effect<void, never, Output> =>
  Effect.flatMap(Output, (output) => output.note(text))

/** Says on stderr what was cleaned up, when the command is interrupted. */
export const noteOnInterrupt =
  (text: Text) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | Output> =>
    Effect.onInterrupt(effect, () => note(text))
