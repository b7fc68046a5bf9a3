/** The page of `--html`: what a command records, written when that is over, however that comes. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { hasProperty } from "effect/Predicate"
import * as Stream from "effect/Stream"
import { RunReport } from "../../report/index.js"
import { Unsuccessful } from "../frame/failures.js"
import * as Output from "../frame/Output.js"
import type { HtmlValues } from "./htmlOption.js"
import * as PageFile from "./pageFile.js"

interface OpenPage {
  readonly report: RunReport.RunReport
  readonly file: PageFile.PageFile
  /** Whether there is anything to show: a page of nothing must not replace one of something. */
  hasContent: boolean
}

/** A page, if one is wanted: without `--html`, nothing is recorded. */
export type Page = Option.Option<OpenPage>

/** Makes sure that the page can be written, before anything starts that it will be about. */
export const prepare = ({ html, yes }: HtmlValues) =>
  Effect.transposeMapOption(html, (path) =>
    Effect.gen(function* () {
      const file = yield* PageFile.prepare(path, { yes })
      const page: OpenPage = { report: yield* RunReport.make(), file, hasContent: false }
      return page
    })
  )

/** Whether something failed before the server had admitted it. */
const isRefused = (exit: Exit.Exit<unknown, unknown>): boolean => {
  const failure = Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
  return hasProperty(failure, "admitted") && failure.admitted === "no"
}

const noteEnd =
  (page: OpenPage) =>
  (exit: Exit.Exit<unknown, unknown>): Effect.Effect<void> =>
    Effect.sync(() => {
      page.hasContent ||= !isRefused(exit)
    })

/** Records a stream as it passes. */
export const record =
  (page: Page) =>
  <A extends RunReport.Item, E, R>(stream: Stream.Stream<A, E, R>): Stream.Stream<A, E, R> =>
    Option.match(page, {
      onNone: () => stream,
      onSome: (open) => {
        const noted = Stream.tap(stream, () => noteEnd(open)(Exit.void))
        return open.report.record(Stream.ensuringWith(noted, noteEnd(open)))
      }
    })

/** Records what Claude is asked, which it does not print itself. */
export const addPrompt = (page: Page, prompt: string): Effect.Effect<void> =>
  Option.match(page, { onNone: () => Effect.void, onSome: ({ report }) => report.add(RunReport.prompt(prompt)) })

/** Records the result of an effect, or how it failed. */
export const recordEffect =
  (page: Page) =>
  <A extends RunReport.Item, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Option.match(page, {
      onNone: () => effect,
      onSome: (open) => open.report.recordEffect(Effect.onExit(effect, noteEnd(open)))
    })

const write = ({ file, report }: OpenPage) =>
  Effect.flatMap(report.html, (page) => PageFile.write(file, page)).pipe(
    Effect.mapError(({ message }) => `The page ${file.path} could not be written: ${message}`)
  )

/** Writes the page when an effect ends, also when that fails or is interrupted. */
export const written =
  (page: Page) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Option.match(page, {
      onNone: () => effect,
      onSome: (open) =>
        Effect.uninterruptibleMask((restore) =>
          Effect.gen(function* () {
            const exit = yield* Effect.exit(restore(effect))
            if (!open.hasContent) {
              if (!isRefused(exit)) yield* Output.note(`Nothing was said, so ${open.file.path} was not written.`)
              return yield* exit
            }
            const result = yield* Effect.either(write(open))
            if (Either.isRight(result)) yield* Output.note(`Wrote the page ${open.file.path}.`)
            else if (Exit.isSuccess(exit)) return yield* new Unsuccessful({ message: result.left })
            else yield* Output.note(result.left)
            return yield* exit
          })
        )
    })
