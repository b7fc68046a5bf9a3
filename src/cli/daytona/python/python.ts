/** `python`. */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Chart } from "../../../daytona.js"
import { CommandWords } from "../../frame/CommandWords.js"
import { Unsuccessful, UsageError } from "../../frame/failures.js"
import * as Output from "../../frame/Output.js"
import { during } from "../../frame/Progress.js"
import { readAll } from "../../frame/stdin.js"
import { write } from "../../frame/streams.js"
import { dim } from "../../frame/text.js"
import { connectOrCreate } from "../connect.js"
import { endedWith } from "../ended.js"
import { environmentOf } from "../environment.js"
import { runAttached } from "../exec/attached.js"
import type { InSandboxValues } from "../newSandbox.js"

/** What the options are read as. */
export interface Values extends InSandboxValues {
  readonly name: Option.Option<string>
  readonly file: Option.Option<string>
  readonly code: Option.Option<string>
  readonly out: Option.Option<string>
  readonly cwd: Option.Option<string>
  readonly env: ReadonlyArray<string>
}

/** With `--new` there is no name, so the first argument is the file. */
const argumentsOf = ({ file, fresh, name }: Values) =>
  fresh && Option.isNone(file) ? { name: Option.none<string>(), file: name } : { name, file }

const readProgram = (path: string) =>
  path === "-"
    ? readAll
    : Effect.mapError(
        Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readFileString(path)),
        ({ message }) => new UsageError({ message: `The program ${path} cannot be read: ${message}` })
      )

const programOf = (code: Option.Option<string>, file: Option.Option<string>) => {
  if (Option.isSome(code) && Option.isSome(file)) {
    return Effect.fail(new UsageError({ message: `Give either --code or a file, not both: ${file.value}` }))
  }
  return Option.isSome(code) ? Effect.succeed(code.value) : readProgram(Option.getOrElse(file, () => "-"))
}

const Result = Schema.Struct({
  exitCode: Schema.Number,
  /** Standard output and standard error, as they were written. */
  output: Schema.String,
  charts: Schema.Array(
    Schema.Struct({ file: Schema.String, type: Schema.String, title: Schema.optional(Schema.String) })
  )
})

/** Saves the charts that have a picture, as `chart-1.png` and so on. */
const saveCharts = (folder: string, charts: ReadonlyArray<Chart>) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    yield* fs.makeDirectory(folder, { recursive: true })
    const pictured = charts.flatMap(({ png, title, type }) => (png === undefined ? [] : [{ png, title, type }]))
    return yield* Effect.forEach(pictured, ({ png, title, type }, index) => {
      const file = path.join(folder, `chart-${index + 1}.png`)
      return Effect.as(fs.writeFile(file, png), { file, type, title })
    })
  }).pipe(
    Effect.mapError(
      ({ message }) => new Unsuccessful({ message: `The charts cannot be saved in ${folder}: ${message}` })
    )
  )

export const run = (values: Values) =>
  Effect.gen(function* () {
    const { file, name } = argumentsOf(values)
    const argv = yield* CommandWords
    const program = yield* programOf(values.code, file)
    const env = yield* environmentOf(values.env)
    if (Option.isSome(values.out) && Option.isSome(values.cwd)) {
      return yield* new UsageError({ message: "With --out, the program runs in the work directory: leave out --cwd" })
    }
    const box = yield* connectOrCreate(name, values)
    if (Option.isNone(values.out)) {
      // Standard input is the program's, unless the program came from there.
      const input = Option.isSome(values.code) || Option.exists(file, (path) => path !== "-") ? "sent" : "none"
      const cwd = Option.getOrUndefined(values.cwd)
      return yield* runAttached(box, ["python3", "-u", "-c", program, ...argv], { env, cwd, input, what: "python3" })
    }
    const { charts, exitCode, output } = yield* box.process
      .codeRun(program, { language: "python", argv, env })
      .pipe(
        during("Running the program"),
        Output.noteOnInterrupt(
          values.fresh
            ? dim("Interrupted: the program ends with its sandbox.")
            : `Interrupted: the program keeps running in ${box.name}.`
        )
      )
    const saved = yield* saveCharts(values.out.value, charts)
    const { json } = yield* Output.Output
    if (!json) yield* write(process.stdout, output)
    yield* Output.show(Result, { exitCode, output, charts: saved }, () => "")
    yield* Effect.forEach(saved, (chart) => Output.note(dim(`Saved ${chart.file}`)))
    yield* endedWith("python3", exitCode)
  }).pipe(Effect.scoped)
