/** Downloads several files with one request. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { ApiError, StreamInterrupted, Timeout } from "../../../../errors/ApiError.js"
import { FileFailed, FileTooLarge } from "../../../../errors/daytona/files.js"
import type { OpenedStream } from "../../../../internal/ApiClient.js"
import { streamInterrupted, unreadable } from "../../../../internal/failure.js"
import * as Operation from "../../../../internal/Operation.js"
import { DownloadBody } from "../../../../schema/daytona/toolbox/File.js"
import type { DownloadedFile } from "../../../../schema/daytona/toolbox/FileResult.js"
import { parsedJson } from "../../../../schema/jsonFields.js"
import { boundaryOf, decode, MultipartBroken, type Part } from "../../../../stream/MultipartDecoder.js"
import type { Toolbox } from "../Toolbox.js"
import { collected, defaultMaxBytes } from "./content.js"

export interface FilesMany {
  /**
   * Downloads several files with one request, one after another, with one of them in memory at a time. A file that
   * fails does not fail the others: its `result` is a `FileFailed`, whose `reason` is the daemon's code, or a
   * `FileTooLarge`, whose bytes are skipped. A file that is written meanwhile, or has no length, fails with the reason
   * `LENGTH_CHANGED`, and the files after it need another request. A path that is passed twice is downloaded twice.
   * Fails with `StreamInterrupted` when not all files arrived; those that did are complete. A pipe among them holds up
   * the files after it until something is written into it: fails with `StreamInterrupted` after a minute without a
   * byte, or with `Timeout` when nothing had arrived. For large files use `download`, which streams and survives broken
   * connections. `POST /files/bulk-download`
   */
  readonly downloadMany: (
    paths: Iterable<string>,
    options?: {
      /** The limit of each file; default 64 MiB. */
      readonly maxBytes?: number | undefined
    }
  ) => Stream.Stream<DownloadedFile, ApiError | StreamInterrupted>
}

export const operations = {
  downloadMany: Operation.make("Files.downloadMany", "POST", "/files/bulk-download", {
    body: DownloadBody,
    success: Schema.Void,
    retry: "always",
    meanings: { 400: "the list of paths was refused" }
  })
}

const ErrorPart = Schema.Struct({
  message: Schema.optional(Schema.String),
  code: Schema.optional(Schema.String),
  statusCode: Schema.optional(Schema.Number)
})

/** The daemon waits for ever until something writes into a pipe. */
const silence = "1 minute"

/** More than the daemon ever sends about a file. */
const errorLimit = 64 * 1024

type BatchError = ApiError | StreamInterrupted

const isWrongLength = (error: PartError | ApiError): boolean =>
  error instanceof MultipartBroken && error.reason === "length"

type PartError = StreamInterrupted | Timeout | MultipartBroken

export const make = (toolbox: Toolbox.Service): FilesMany => {
  const about = {
    system: "daytona",
    operation: operations.downloadMany.name,
    get sandboxId() {
      return toolbox.sandboxId
    }
  } as const

  const failed = (path: string, body: Uint8Array): FileFailed => {
    const read = Schema.decodeUnknownOption(ErrorPart)(parsedJson(new TextDecoder().decode(body)))
    const { code = "UNKNOWN", message = "no details", statusCode } = read._tag === "Some" ? read.value : {}
    return new FileFailed({
      ...about,
      path,
      reason: code,
      ...(statusCode === undefined ? {} : { status: statusCode }),
      message: `${path} could not be downloaded: ${message}`
    })
  }

  const tooLarge = (path: string, maxBytes: number, size?: number): FileTooLarge =>
    new FileTooLarge({
      ...about,
      path,
      maxBytes,
      ...(size === undefined ? {} : { size }),
      message: `${path} is larger than the limit of ${maxBytes} bytes; \`Files.download\` streams files of any size`
    })

  const result = (
    { content, length, name }: Part<StreamInterrupted | Timeout>,
    path: string,
    maxBytes: number
  ): Effect.Effect<DownloadedFile["result"], PartError> => {
    if (name === "error") {
      return collected(content, { maxBytes: errorLimit, tooLarge: () => tooLarge(path, errorLimit) }).pipe(
        Effect.catchTag("FileTooLarge", () => Effect.succeed(new Uint8Array())),
        Effect.map((bytes) => Either.left(failed(path, bytes)))
      )
    }
    if (length !== undefined && length > maxBytes) return Effect.succeed(Either.left(tooLarge(path, maxBytes, length)))
    return collected(content, { maxBytes, tooLarge: () => tooLarge(path, maxBytes) }).pipe(
      Effect.map(Either.right),
      Effect.catchTag("FileTooLarge", (error) => Effect.succeed(Either.left(error)))
    )
  }

  const changed = (path: string): FileFailed =>
    new FileFailed({
      ...about,
      path,
      reason: "LENGTH_CHANGED",
      message: `${path} could not be downloaded: its content does not have the length that it had when it was opened. It is being written, or has no length, as files of \`/proc\`; read it with a command, or again when it is complete`
    })

  const batch = (paths: ReadonlyArray<string>, maxBytes: number): Stream.Stream<DownloadedFile, BatchError> =>
    paths.length === 0
      ? Stream.empty
      : toolbox.stream(
          operations.downloadMany,
          { body: { paths }, subject: `${paths.length} files` },
          read(paths, maxBytes)
        )

  const read =
    (paths: ReadonlyArray<string>, maxBytes: number) =>
    ({ bytes, context, headers, status }: OpenedStream): Stream.Stream<DownloadedFile, BatchError> => {
      const missing = [...paths]
      /** A file changed its length, so where the others begin is not known: they need a request of their own. */
      let isLost = false
      let arrived = 0
      const progress = () => `${arrived} of ${paths.length} files had arrived`
      /** Parts name their files, and come in the requested order. */
      const pathOf = (filename: string | undefined): string | undefined => {
        const named = filename === undefined ? -1 : missing.indexOf(filename)
        return missing.splice(Math.max(named, 0), 1)[0]
      }
      const boundary = boundaryOf(headers["content-type"] ?? "")
      const invalid = (what: string) => unreadable(context, status, { what, admitted: "yes" })
      if (boundary === undefined) return Stream.fail(invalid("its body has no parts"))
      const silent = () => {
        const [next = "one of them"] = missing
        const why = `nothing more arrived for a minute; perhaps ${next} or the file before it is a pipe`
        return streamInterrupted(context, `${progress()}, and ${why}`)
      }
      const files = decode(boundary)(Stream.timeoutFail(bytes, silent, silence)).pipe(
        Stream.mapEffect((part): Effect.Effect<DownloadedFile, ApiError | PartError> => {
          const path = pathOf(part.filename)
          return path === undefined
            ? Effect.fail(invalid("it has more parts than paths were requested"))
            : result(part, path, maxBytes).pipe(
                Effect.catchIf(isWrongLength, () => {
                  isLost = true
                  return Effect.succeed(Either.left(changed(path)))
                }),
                Effect.map((found): DownloadedFile => {
                  arrived += 1
                  return { path, result: found }
                })
              )
        }),
        Stream.takeUntil(() => isLost),
        // What was skipped of a file that is too large.
        Stream.catchSome((error) =>
          error instanceof MultipartBroken && isWrongLength(error)
            ? Option.some(
                Stream.suspend(() => {
                  isLost = true
                  return Stream.empty
                })
              )
            : Option.none()
        ),
        Stream.mapError((error) => {
          if (!(error instanceof MultipartBroken)) return error
          return error.reason === "truncated"
            ? streamInterrupted(context, `${error.message}; ${progress()}`)
            : invalid(`its body cannot be read: ${error.message}`)
        })
      )
      const end = Stream.suspend(() =>
        isLost
          ? batch(missing, maxBytes)
          : missing.length === 0
            ? Stream.empty
            : Stream.fail(streamInterrupted(context, progress()))
      )
      return Stream.concat(files, end)
    }

  return {
    downloadMany: (paths, { maxBytes = defaultMaxBytes } = {}) => Stream.suspend(() => batch([...paths], maxBytes))
  }
}
