/** The page of `--html`: refused before anything starts, written when it ends, however that comes. */
import { basename, dirname, join } from "node:path"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Stream from "effect/Stream"
import { RunReport } from "../../report/index.js"
import { UsageError } from "../frame/failures.js"
import * as Output from "../frame/Output.js"

const refused = (message: string) => new UsageError({ message: `--html: ${message}` })

/** Writes all of the file or nothing: a page that is there already stays until the new one is whole. */
const write = (path: string, page: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const partial = join(dirname(path), `.${basename(path)}.${process.pid}.partial`)
    yield* fs.writeFileString(partial, page).pipe(
      Effect.zipRight(fs.rename(partial, path)),
      Effect.onError(() => Effect.ignore(fs.remove(partial)))
    )
  }).pipe(
    Effect.matchEffect({
      onFailure: ({ message }) => Output.note(`The page ${path} could not be written: ${message}`),
      onSuccess: () => Output.note(`Wrote the page ${path}.`)
    })
  )

/** What a command records, and the page of it once the scope closes. Without `--html`, nothing is recorded. */
export const make = (file: Option.Option<string>) =>
  Effect.gen(function* () {
    if (Option.isNone(file)) return Option.none<RunReport.RunReport>()
    const path = file.value
    const fs = yield* FileSystem.FileSystem
    const folder = yield* Effect.option(fs.stat(dirname(path)))
    if (Option.isNone(folder) || folder.value.type !== "Directory") {
      return yield* refused(`there is no folder ${dirname(path)}`)
    }
    if (yield* Effect.orElseSucceed(fs.exists(path), () => true)) {
      return yield* refused(`${path} is there already; name another file, or remove it`)
    }
    const report = yield* RunReport.make()
    yield* Effect.addFinalizer(() => Effect.flatMap(report.html, (page) => write(path, page)))
    return Option.some(report)
  })

type Page = Option.Option<RunReport.RunReport>

/** Records a stream as it passes. */
export const record =
  (page: Page) =>
  <A extends RunReport.Item, E, R>(stream: Stream.Stream<A, E, R>): Stream.Stream<A, E, R> =>
    Option.match(page, { onNone: () => stream, onSome: (report) => report.record(stream) })

/** Records what Claude is asked, which it does not print itself. */
export const addPrompt = (page: Page, prompt: string): Effect.Effect<void> =>
  Option.match(page, { onNone: () => Effect.void, onSome: (report) => report.add(RunReport.prompt(prompt)) })

/** Records the result of an effect, or how it failed. */
export const recordEffect =
  (page: Page) =>
  <A extends RunReport.Item, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Option.match(page, { onNone: () => effect, onSome: (report) => report.recordEffect(effect) })
