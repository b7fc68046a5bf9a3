/** The page of a run: one file of HTML that shows what Claude was asked, said and did, and what it cost. */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import { isObject, textAt } from "../schema/jsonFields.js"
import { type Failure, type Item, type Prompt, read } from "./items.js"
import { jsonText } from "./json.js"
import * as Page from "./page.js"
import * as Reader from "./reader.js"

export type { Failure, Item, Prompt }

/** How a page is titled, and how much it shows. */
export interface Options {
  /** The heading of the page. Default: the beginning of the first prompt. */
  readonly title?: string | undefined
  /**
   * How many characters of one text are shown, such as the output of a tool. The middle of a longer one is left out,
   * and the page says how much that is. At least 200; default 20,000.
   */
  readonly maxTextLength?: number | undefined
  /**
   * How many characters the page has at most. Of a longer run, the middle is left out, and the page says how much that
   * is. At least 1,000,000; default 8,000,000.
   */
  readonly maxPageLength?: number | undefined
}

/** Makes the page of a run while it goes on. It keeps no more in memory than the page will show. */
export interface RunReport {
  /** Adds what was said, at the time when it is added. Messages of a session keep their own times. */
  readonly add: (item: Item) => Effect.Effect<void>
  /** Adds every element of a stream as it passes, and how the stream ends: with a failure, say, or interrupted. */
  readonly record: <A extends Item, E, R>(stream: Stream.Stream<A, E, R>) => Stream.Stream<A, E, R>
  /**
   * Adds the result of an effect, or how it failed. With a `RunFailed`, that is what the run had printed, too, as far
   * as it is known.
   */
  readonly recordEffect: <A extends Item, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** The page of what has been added until now. */
  readonly html: Effect.Effect<string>
}

/** What was asked: Claude Code does not print it, so it has to be added. */
export const prompt = (text: string): Prompt => ({ _tag: "Prompt", text })

const describe = (error: unknown): string => {
  if (typeof error === "string") return error
  if (isObject(error) && typeof error["message"] === "string") {
    const name = typeof error["_tag"] === "string" ? error["_tag"] : error["name"]
    return typeof name === "string" ? `${name}: ${error["message"]}` : error["message"]
  }
  return jsonText(error, 2000).text
}

/** What a program failed with, for a page of what it had read until then. */
export const failure = (error: unknown): Failure => ({
  _tag: "Failure",
  message: describe(error),
  isInterruption: false
})

const failureOf = <E>(cause: Cause.Cause<E>): Failure =>
  Cause.isInterruptedOnly(cause) ? { _tag: "Failure", message: "", isInterruption: true } : failure(Cause.squash(cause))

/** The failure of a run of which nothing has been read: what it had printed is in its error. */
const failureOfRun = <E>(cause: Cause.Cause<E>): Failure => {
  const error = Cause.squash(cause)
  const output = isObject(error) ? textAt(error, "output") : undefined
  return { ...failureOf(cause), output }
}

/** What the page has besides its entries: styles, charts, tables. */
const frame = 520_000

const atLeast = (least: number, given: number | undefined, otherwise: number): number =>
  given !== undefined && Number.isFinite(given) ? Math.max(least, Math.floor(given)) : otherwise

const readerOf = ({ maxPageLength, maxTextLength }: Options): Reader.Reader => {
  const entries = atLeast(1_000_000, maxPageLength, 8_000_000) - frame
  // One text must not need all the room, with up to eight characters of markup for one of its own.
  const text = Math.min(atLeast(200, maxTextLength, 20_000), Math.floor(entries / 30))
  return Reader.make({ text, image: Math.floor(entries / 8), entries })
}

/** An item that is not what its type promises is shown as it is: it does not cost a run its page. */
const addTo = (reader: Reader.Reader, item: Item, now?: number): void => {
  const added = Either.try(() => {
    const reading = read(item)
    const isRecord = reading.facts.some(({ _tag }) => _tag === "Recorded")
    reader.read(reading, isRecord ? undefined : now)
  })
  if (Either.isLeft(added)) {
    reader.read({ facts: [{ _tag: "Said", message: { _tag: "Unknown", raw: item } }], at: undefined }, now)
  }
}

/**
 * The page of a run that is over: of the messages of a stream or a conversation, of those of a session, or of the
 * result of a run. What is not known, such as the cost of a session, is not on it.
 *
 * Times are those in the items. Messages of Claude Code have them only in part; for a run that is still going on,
 * `make` notes when they arrive.
 *
 * @example
 * ```ts
 * import { Effect, Stream } from "effect"
 * import { RunReport } from "effect-sandboxes/report"
 * import { type SessionId, Sessions } from "effect-sandboxes/stromboli"
 *
 * const pageOf = (id: SessionId) =>
 *   Effect.gen(function* () {
 *     const sessions = yield* Sessions
 *     const messages = yield* Stream.runCollect(sessions.conversation(id))
 *     return RunReport.html(messages, { title: "The flaky test" })
 *   })
 * ```
 */
export const html = (items: Iterable<Item>, options: Options = {}): string => {
  const reader = readerOf(options)
  for (const item of items) addTo(reader, item)
  return Page.page(options.title, reader.run()).markup
}

/**
 * Whether a text is a page that this module has made; the beginning of the text, 200 characters, is enough. For
 * programs that replace their own pages, and no other file.
 */
export const isPage = (text: string): boolean => Page.isPage(text)

/**
 * A page that is made while a run goes on, also of a run that fails or is interrupted.
 *
 * @example
 * ```ts
 * import { FileSystem } from "@effect/platform"
 * import { Effect, Stream } from "effect"
 * import { RunReport } from "effect-sandboxes/report"
 * import { Agents } from "effect-sandboxes/stromboli"
 *
 * const program = Effect.gen(function* () {
 *   const files = yield* FileSystem.FileSystem
 *   const conversation = yield* (yield* Agents).converse()
 *   const report = yield* RunReport.make()
 *   yield* report.add(RunReport.prompt("Why does the build fail?"))
 *   yield* conversation.ask("Why does the build fail?").pipe(
 *     report.record,
 *     Stream.runDrain,
 *     Effect.ensuring(
 *       Effect.flatMap(report.html, (page) => files.writeFileString("run.html", page)).pipe(
 *         Effect.catchAllCause((cause) => Effect.logError("The page was not written", cause))
 *       )
 *     )
 *   )
 * }).pipe(Effect.scoped)
 * ```
 */
export const make = (options: Options = {}): Effect.Effect<RunReport> =>
  Effect.sync(() => {
    const reader = readerOf(options)
    const add = (item: Item): Effect.Effect<void> =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        addTo(reader, item, now)
      })
    return {
      add,
      record: (stream) =>
        Stream.ensuringWith(
          Stream.tap(stream, add),
          Exit.match({ onFailure: (cause) => add(failureOf(cause)), onSuccess: () => Effect.void })
        ),
      recordEffect: (effect) =>
        Effect.onExit(effect, Exit.match({ onFailure: (cause) => add(failureOfRun(cause)), onSuccess: add })),
      html: Effect.sync(() => Page.page(options.title, reader.run()).markup)
    }
  })
