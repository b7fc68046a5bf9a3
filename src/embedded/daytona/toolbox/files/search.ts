/** The endpoints that search for files by name and for lines by content. */
import { createReadStream } from "node:fs"
import { lstat, readdir } from "node:fs/promises"
import { basename, join } from "node:path"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as responses from "../../http/responses.js"
import type { Machine } from "../Machine.js"
import type { Refusal } from "../Refusal.js"
import type { DaemonRequest, Handler } from "../Route.js"
import { badRequest } from "./failures.js"
import { matcher } from "./goPattern.js"
import { readBeginning } from "./openFile.js"

interface Search {
  readonly root: string
  readonly absolute: string
  readonly pattern: string
}

const read = (machine: Machine, { query }: DaemonRequest): Effect.Effect<Search, Refusal> =>
  Effect.gen(function* () {
    const [root, pattern] = [query.get("path") ?? "", query.get("pattern") ?? ""]
    if (root === "" || pattern === "") return yield* badRequest("path and pattern are required")
    return { root, absolute: yield* machine.resolve(root), pattern }
  })

const walked = (root: string, absolute: string): Stream.Stream<Found> =>
  Stream.fromAsyncIterable(walk(root, Buffer.from(absolute), basename(root)), () => undefined).pipe(
    Stream.catchAll(() => Stream.empty)
  )

/** `GET /files/search`: all files and directories whose name matches a pattern. */
export const search =
  (machine: Machine): Handler =>
  (request) =>
    Effect.gen(function* () {
      const { absolute, pattern, root } = yield* read(machine, request)
      const matches = matcher(pattern)
      const files = yield* walked(root, absolute).pipe(
        Stream.filter(({ name }) => matches(name)),
        Stream.map(({ path }) => path),
        Stream.runCollect
      )
      return responses.json(200, { files: Chunk.toReadonlyArray(files) })
    })

/** A line that contains the pattern. */
interface Line {
  readonly file: string
  /** Starts at 1. */
  readonly line: number
  readonly content: string
}

/** `GET /files/find`: all lines of text files that contain a text. */
export const find =
  (machine: Machine): Handler =>
  (request) =>
    Effect.gen(function* () {
      const { absolute, pattern, root } = yield* read(machine, request)
      const mayRead = ({ absolute: path, isDirectory, isLink }: Found) =>
        isDirectory
          ? Effect.succeed(false)
          : isLink
            ? Effect.isSuccess(machine.resolve(path.toString()))
            : Effect.succeed(true)
      const lines = yield* walked(root, absolute).pipe(
        Stream.filterEffect(mayRead),
        Stream.mapEffect((found) => Effect.promise(() => linesOf(found, Buffer.from(pattern)))),
        Stream.runCollect
      )
      return responses.json(200, Chunk.toReadonlyArray(lines).flat())
    })

/** How much of a file is read to detect whether it is text, in bytes. */
const sample = 512

const isText = (path: Buffer): Promise<boolean> =>
  readBeginning(path, sample).then(
    (beginning) => beginning.length > 0 && !beginning.includes(0),
    () => false
  )

/** A line of this many bytes ends the search in its file. */
const longestLine = 65_536

const newline = 0x0a

const linesOf = async ({ absolute, path }: Found, pattern: Buffer): Promise<ReadonlyArray<Line>> => {
  const found: Array<Line> = []
  let number = 0
  const take = (bytes: Buffer) => {
    number += 1
    if (bytes.includes(pattern)) {
      found.push({ file: path, line: number, content: bytes.toString("utf8").replace(/\r$/, "") })
    }
  }
  if (!(await isText(absolute))) return found
  let rest = Buffer.alloc(0)
  try {
    for await (const part of createReadStream(absolute)) {
      let bytes = Buffer.concat([rest, part])
      for (let end = bytes.indexOf(newline); end !== -1; end = bytes.indexOf(newline)) {
        if (end >= longestLine) return found
        take(bytes.subarray(0, end))
        bytes = bytes.subarray(end + 1)
      }
      if (bytes.length >= longestLine) return found
      rest = bytes
    }
  } catch {
    return found
  }
  if (rest.length > 0) take(rest)
  return found
}

/** A file or directory found by walking a tree; `path` begins with the root as given. */
interface Found {
  readonly path: string
  /** Names are not always UTF-8. */
  readonly absolute: Buffer
  readonly name: string
  readonly isDirectory: boolean
  readonly isLink: boolean
}

/** The root and everything below it, sorted by name. Links are not followed; what cannot be read is omitted. */
async function* walk(root: string, absolute: Buffer, name: string): AsyncGenerator<Found> {
  const stats = await lstat(absolute).catch(() => undefined)
  if (stats === undefined) return
  yield { path: root, absolute, name, isDirectory: stats.isDirectory(), isLink: stats.isSymbolicLink() }
  if (stats.isDirectory()) {
    const names = await readdir(absolute, { encoding: "buffer" }).catch(() => Array.of<Buffer>())
    for (const below of names.sort(Buffer.compare)) {
      const text = below.toString()
      yield* walk(join(root, text), Buffer.concat([absolute, slash, below]), text)
    }
  }
}

const slash = Buffer.from("/")
