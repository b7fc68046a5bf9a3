/** The file of `--html`: looked at before anything starts, and replaced as a whole at the end. */
import { randomUUID } from "node:crypto"
import { dirname, join } from "node:path"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { RunReport } from "../../report/index.js"
import { confirm } from "../frame/confirm.js"
import { UsageError } from "../frame/failures.js"

/** A file that may be written. */
export interface PageFile {
  readonly path: string
  /** Whether it may replace a file that is no page. */
  readonly mayReplaceAny: boolean
}

/** A file that is there already. */
interface Existing {
  readonly mode: number
  readonly isPage: boolean
}

const refused = (message: string) => new UsageError({ message: `--html: ${message}` })

const isMissing = (problem: PlatformError): boolean => problem._tag === "SystemError" && problem.reason === "NotFound"

/** As much of a file as says whether it is a page. */
const beginningOf = (path: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const file = yield* fs.open(path, { flag: "r" })
    const bytes = Option.getOrElse(yield* file.readAlloc(200), () => new Uint8Array())
    return new TextDecoder().decode(bytes)
  }).pipe(Effect.scoped)

/** What is at the path; `undefined`: nothing. Only a file can be replaced: not a link, a folder or a device. */
const look = (path: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    if (Option.isSome(yield* Effect.option(fs.readLink(path)))) {
      return yield* refused(`${path} is a symbolic link; name the file that it leads to`)
    }
    const info = yield* fs.stat(path).pipe(
      Effect.asSome,
      Effect.catchIf(isMissing, () => Effect.succeedNone),
      Effect.mapError(({ message }) => refused(`${path} cannot be written: ${message}`))
    )
    if (Option.isNone(info)) return undefined
    if (info.value.type !== "File") {
      return yield* refused(`${path} is ${info.value.type === "Directory" ? "a folder" : "no file"}; name a file`)
    }
    // A file that cannot be read is none of ours.
    const beginning = yield* Effect.orElseSucceed(beginningOf(path), () => "")
    return { mode: info.value.mode & 0o777, isPage: RunReport.isPage(beginning) } satisfies Existing
  })

/** A file beside the page, with a name that nothing has. */
const besides = (path: string): string => join(dirname(path), `.effect-sandboxes-${randomUUID()}.partial`)

/** Writes a file that was not there, to the disk itself. What is written in part is removed. */
const writeNew = (path: string, text: string, mode: number) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const file = yield* fs.open(path, { flag: "wx", mode })
    yield* Effect.onError(Effect.zipRight(file.writeAll(new TextEncoder().encode(text)), file.sync), () =>
      Effect.ignore(fs.remove(path))
    )
  }).pipe(Effect.scoped)

/**
 * Makes sure that a page can be written there. One that is there already will be replaced, any other file only with
 * `--yes`, or if someone on the terminal agrees.
 */
export const prepare = (path: string, { yes }: { readonly yes: boolean }) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    if (path === "" || path === "-" || path.endsWith("/")) {
      return yield* refused(`expected the name of a file, got ${JSON.stringify(path)}`)
    }
    if (!(yield* Effect.orElseSucceed(fs.exists(dirname(path)), () => true))) {
      return yield* refused(`there is no folder ${dirname(path)}`)
    }
    const existing = yield* look(path)
    const trial = besides(path)
    yield* Effect.zipRight(writeNew(trial, "\n", 0o600), fs.remove(trial)).pipe(
      Effect.mapError(({ message }) => refused(`no file can be written in ${dirname(path)}: ${message}`))
    )
    const isForeign = existing !== undefined && !existing.isPage
    if (isForeign) yield* confirm(`--html: replace ${path}, which is not the page of a run?`, { yes })
    return { path, mayReplaceAny: isForeign } satisfies PageFile
  })

/**
 * Writes all of the page or nothing: after a crash, the file is the old one or the new one. A page that cannot be put
 * in its place, because that has changed meanwhile, is left beside it, and the failure says where.
 */
export const write = ({ mayReplaceAny, path }: PageFile, page: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const existing = yield* Effect.either(look(path))
    const mode = existing._tag === "Right" ? existing.right?.mode : undefined
    const written = besides(path)
    yield* writeNew(written, page, mode ?? 0o666)
    const put = Effect.gen(function* () {
      const found = yield* existing
      if (found !== undefined && !found.isPage && !mayReplaceAny) {
        return yield* refused("a file that is not the page of a run has come there")
      }
      yield* fs.rename(written, path)
    })
    yield* Effect.mapError(put, ({ message }) => ({ message: `${message}. It is in ${written}` }))
  })
