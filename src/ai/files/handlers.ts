/** Reads, writes, edits, lists and searches files. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { withRequestOptions } from "../../RequestOptions.js"
import { Files } from "../../services/daytona/toolbox/files/Files.js"
import { failureOf, type ServiceFailure, saying, type Wording } from "../failures.js"
import { handler } from "../handler.js"
import type { Kit } from "../Kit.js"
import { InvalidArguments, ToolFailed } from "../ToolFailure.js"
import { grouped, linesWithin, oneLine } from "../text.js"
import { lineAt, nearest, positionsOf, replaced } from "./edit.js"
import { kindOf, otherEncoding } from "./kindOf.js"
import { makeWindow, numbered } from "./lines.js"
import { editFile, findFiles, listDirectory, readFile, searchFiles, toolkit, writeFile } from "./tools.js"

/** Directories full of files that nobody wrote. */
const skipped = /(^|\/)(\.git|node_modules|\.effect-sandboxes|\.daytona)(\/|$)/

/** A line of a list. */
const longestEntry = 400

const surroundings = 3

export const make = (kit: Kit) =>
  Effect.gen(function* () {
    const files = yield* Files
    // Models make several calls at a time: an edit must not write over another one that it has not read.
    const oneAtATime = (yield* Effect.makeSemaphore(1)).withPermits(1)

    const wordingOf =
      (path: string): Wording =>
      (reason, error) => {
        const name = kit.named(path)
        if (reason === "refused" && /is a directory/i.test(error.detail ?? "")) {
          return `${name} is a directory: list it.`
        }
        if (reason === "notFound") return `There is no ${name}. Paths are relative to the work directory, or absolute.`
        if (reason === "notPermitted") return `Access to ${name} is not permitted: ${saying(kit, error)}.`
        if (reason === "refused") return `${name} cannot be used for this: ${saying(kit, error)}.`
        return undefined
      }

    const about =
      (path: string) =>
      <A, R>(effect: Effect.Effect<A, ServiceFailure, R>) =>
        Effect.mapError(effect, failureOf(kit, wordingOf(path)))

    /** Uploads have no deadline of their own. */
    const write = (path: string, content: string) =>
      files
        .writeText(path, content, { atomic: true })
        .pipe(withRequestOptions({ timeout: kit.maxTimeout }), about(path))

    const notText = (path: string, kind: string) =>
      new ToolFailed({
        reason: "notText",
        message: `${kit.named(path)} is not shown, because it is not UTF-8 text. It seems to be ${kind}.`
      })

    /** A list in an answer, and what to say when it is not all. */
    const listed = (lines: ReadonlyArray<string>, advice: string) => {
      const { isCut, shown, text } = linesWithin(lines, kit.room, (line) => oneLine(kit.mask.whole(line), longestEntry))
      return {
        text,
        count: lines.length,
        note: isCut ? `Only the first ${grouped(shown)} of ${grouped(lines.length)} are shown. ${advice}` : undefined
      }
    }

    const withNote = (note: string | undefined) => (note === undefined ? {} : { note })

    /** A search finds nothing where there is nothing to search. */
    const existing = (path: string, found: ReadonlyArray<unknown>) =>
      found.length > 0 ? Effect.void : Effect.asVoid(about(path)(files.info(path)))

    /** Leaves out what is in skipped directories below the start. */
    const unskipped = <A>(start: string, found: ReadonlyArray<A>, pathOf: (each: A) => string): ReadonlyArray<A> =>
      skipped.test(start) ? found : found.filter((each) => !skipped.test(relativeTo(start, pathOf(each))))

    /** Some lines and those around them, numbered. */
    const excerpt = (lines: ReadonlyArray<string>, line: number, count: number): string => {
      const start = Math.max(0, line - surroundings)
      const end = Math.min(lines.length, line + count + surroundings)
      const shown = lines.slice(start, end).map((each, index) => {
        const text = kit.mask.whole(each.replace(/\r$/, ""))
        return numbered(start + index + 1, text, text.length, Math.min(kit.maxLine, Math.floor(kit.room / 4)))
      })
      const { isCut, text } = linesWithin(shown, kit.room)
      return isCut ? `${text}\n[...]` : text
    }

    const noMatch = (path: string, text: string, find: string) => {
      const lines = linesOf(text)
      const found = nearest(lines, find)
      const name = kit.named(path)
      if (found === undefined) {
        const message = `${name} was not changed: it does not contain the text to find, nor a line like it. It has ${grouped(lines.length)} lines; read it again.`
        return new ToolFailed({ reason: "noMatch", message })
      }
      const difference = found.onlySpaces
        ? "The lines in `found` differ from it only in spaces or line breaks: copy them exactly."
        : "The lines in `found` come closest: copy what is there exactly."
      return new ToolFailed({
        reason: "noMatch",
        message: `${name} was not changed: it does not contain the text to find. ${difference}`,
        found: excerpt(lines, found.line, found.count)
      })
    }

    const severalMatches = (path: string, text: string, positions: ReadonlyArray<number>) => {
      const lines = text.split("\n")
      const at = positions.slice(0, 20).map((position) => lineAt(text, position))
      const shown = at.map((line) => oneLine(`${line}: ${kit.mask.whole(lines[line - 1] ?? "")}`, longestEntry))
      return new ToolFailed({
        reason: "severalMatches",
        message: `${kit.named(path)} was not changed: it contains the text to find ${grouped(positions.length)} times, from the lines in \`found\` on. Take more of the lines around the one that you mean, or set \`everywhere\`.`,
        found: linesWithin(shown, kit.room).text
      })
    }
    return toolkit.of({
      read_file: handler(readFile, ({ firstLine = 1, lines = kit.defaultLines, path }) =>
        Effect.gen(function* () {
          const { mask, room } = kit
          const maxLine = Math.min(kit.maxLine, Math.floor(room / 3))
          const window = makeWindow({ firstLine, lines, maxLine, room, mask })
          const decoder = new TextDecoder("utf-8", { ignoreBOM: true })
          let isFirst = true
          yield* files.download(path).pipe(
            Stream.mapError(failureOf(kit, wordingOf(path))),
            Stream.runForEachWhile((bytes) =>
              Effect.suspend(() => {
                const kind = isFirst ? kindOf(bytes) : undefined
                isFirst = false
                if (kind !== undefined) return Effect.fail(notText(path, kind))
                return Effect.succeed(window.add(decoder.decode(bytes, { stream: true })))
              })
            )
          )
          // The last bytes may begin a character that never ends.
          if (!window.isFull() && decoder.decode() !== "") return yield* notText(path, otherEncoding)
          const { note, ...found } = window.end()
          return { ...found, ...withNote(note) }
        })
      ),
      write_file: handler(writeFile, ({ content, path }) =>
        Effect.gen(function* () {
          const existed = yield* about(path)(files.exists(path))
          yield* write(path, content)
          return { bytes: new TextEncoder().encode(content).length, created: !existed }
        }).pipe(oneAtATime)
      ),
      edit_file: handler(editFile, ({ everywhere = false, find, path, replacement }) =>
        Effect.gen(function* () {
          if (find === replacement) {
            const message = "Nothing was done: `find` and `replacement` are the same."
            return yield* new InvalidArguments({ argument: "replacement", message })
          }
          const text = yield* files.readText(path, { maxBytes: kit.maxEditedFile }).pipe(
            Effect.mapError(
              failureOf(kit, (reason, error) => {
                const name = kit.named(path)
                if (reason === "notText") return `${name} was not changed, because it is not UTF-8 text.`
                if (reason === "tooLarge") {
                  return `${name} was not changed: it is larger than ${grouped(kit.maxEditedFile)} bytes. Change it with a command.`
                }
                return wordingOf(path)(reason, error)
              })
            )
          )
          // Lines are shown without carriage returns, so a model cannot know of them.
          const isDos = text.includes("\r\n") && !find.includes("\r") && !text.includes(find)
          const [from, to] = isDos
            ? [find.replaceAll("\n", "\r\n"), replacement.replace(/\r?\n/g, "\r\n")]
            : [find, replacement]
          const positions = positionsOf(text, from)
          if (positions.length === 0) return yield* noMatch(path, text, find)
          if (positions.length > 1 && !everywhere) return yield* severalMatches(path, text, positions)
          const changed = replaced(text, positions, from, to)
          yield* write(path, changed)
          const first = positions[0] ?? 0
          return {
            replacements: positions.length,
            changed: excerpt(linesOf(changed), lineAt(changed, first) - 1, to.split("\n").length)
          }
        }).pipe(oneAtATime)
      ),
      list_directory: handler(listDirectory, ({ path = "." }) =>
        Effect.gen(function* () {
          const found = yield* about(path)(files.list(path))
          const lines = [...found]
            .sort((one, other) => (one.name < other.name ? -1 : 1))
            .map(({ isDirectory, name, size }) => (isDirectory ? `${name}/` : `${name}  ${grouped(size)}`))
          const { count, note, text } = listed(lines, "Use find_files to find the others by name.")
          return { entries: text, count, ...withNote(note) }
        })
      ),
      find_files: handler(findFiles, ({ path = ".", pattern }) =>
        Effect.gen(function* () {
          if (pattern.includes("/")) {
            const message =
              "Nothing was searched: `pattern` is the pattern of a name and must not contain `/`. Name the directory in `path`; all directories below it are searched."
            return yield* new InvalidArguments({ argument: "pattern", message })
          }
          const found = yield* about(path)(files.search(path, pattern))
          yield* existing(path, found)
          const paths = unskipped(path, found, (each) => each)
          const { count, note, text } = listed(paths, "Start in a directory below, or use a narrower pattern.")
          return { paths: text, count, ...withNote(note) }
        })
      ),
      search_files: handler(searchFiles, ({ path = ".", text }) =>
        Effect.gen(function* () {
          if (text.includes("\n")) {
            const message = "Nothing was searched: `text` must not contain line breaks, because lines are searched."
            return yield* new InvalidArguments({ argument: "text", message })
          }
          const found = yield* about(path)(files.find(path, text))
          yield* existing(path, found)
          const matches = unskipped(path, found, ({ file }) => file)
          const lines = matches.map(({ content, file, line }) => `${file}:${line}: ${content.trimEnd()}`)
          const { count, note, text: shown } = listed(lines, "Start in a directory below, or search a longer text.")
          return { matches: shown, count, ...withNote(note) }
        })
      )
    })
  })

/** Without the empty one after the last line break. */
const linesOf = (text: string): ReadonlyArray<string> => text.replace(/\n$/, "").split("\n")

/** A found path below the start of a search. */
const relativeTo = (start: string, path: string): string => {
  const prefix = start.replace(/^(\.\/)+|\/+$/g, "")
  if (prefix === "." || prefix === "") return path
  const at = path.startsWith(`${prefix}/`) ? prefix.length + 1 : path.indexOf(`/${prefix}/`) + prefix.length + 2
  return path.includes(`${prefix}/`) ? path.slice(at) : path
}
