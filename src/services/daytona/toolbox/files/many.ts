/** Several files out of a sandbox with one request. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { ApiError, StreamInterrupted, Timeout } from "../../../../errors/ApiError.js"
import { FileFailed, FileTooLarge } from "../../../../errors/daytona/files.js"
import type { OpenedStream } from "../../../../internal/ApiClient.js"
import { streamInterrupted, unreadable } from "../../../../internal/failure.js"
import * as Operation from "../../../../internal/Operation.js"
import { DownloadBody } from "../../../../schema/daytona/toolbox/File.js"
import { boundaryOf, decode, MultipartBroken, type Part } from "../../../../stream/MultipartDecoder.js"
import type { Toolbox } from "../Toolbox.js"
import { collected, defaultMaxBytes } from "./content.js"

/** One of several files, or why it could not be had. */
export interface DownloadedFile {
  /** As it was asked for. */
  readonly path: string
  readonly result: Either.Either<Uint8Array, FileFailed | FileTooLarge>
}

export interface FilesMany {
  /**
   * Several files with one request, one after another, and one of them in memory at a time. A file that cannot be had fails
   * alone: with `FileFailed`, whose `reason` is the daemon's code, or with `FileTooLarge`, whose bytes are skipped. A path that
   * is given twice comes twice. Fails with `StreamInterrupted` when not all of them came; files that came are complete.
   * For large files `download` is better: it streams, and survives broken connections. `POST /files/bulk-download`
   */
  readonly downloadMany: (
    paths: Iterable<string>,
    options?: {
      /** Of each file; default 64 MiB. */
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

const errorPart = Schema.decodeUnknownOption(
  Schema.parseJson(
    Schema.Struct({
      message: Schema.optional(Schema.String),
      code: Schema.optional(Schema.String),
      statusCode: Schema.optional(Schema.Number)
    })
  )
)

/** More than the daemon ever says about a file. */
const errorLimit = 64 * 1024

type PartError = StreamInterrupted | Timeout | MultipartBroken

export const make = (toolbox: Toolbox.Service): FilesMany => {
  const about = { system: "daytona", operation: operations.downloadMany.name, sandboxId: toolbox.sandboxId } as const

  const failed = (path: string, body: Uint8Array): FileFailed => {
    const read = errorPart(new TextDecoder().decode(body))
    const { code = "UNKNOWN", message = "no further words", statusCode } = read._tag === "Some" ? read.value : {}
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
      message: `${path} has more than the ${maxBytes} bytes that may be read at once; \`Files.download\` streams it`
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

  const read =
    (paths: ReadonlyArray<string>, maxBytes: number) =>
    ({
      bytes,
      context,
      headers,
      status
    }: OpenedStream): Stream.Stream<DownloadedFile, ApiError | StreamInterrupted> => {
      const missing = [...paths]
      const came = () => `${paths.length - missing.length} of ${paths.length} files had come`
      /** Parts say whose they are, and come in the order asked for. */
      const pathOf = (filename: string | undefined): string | undefined => {
        const named = filename === undefined ? -1 : missing.indexOf(filename)
        return missing.splice(Math.max(named, 0), 1)[0]
      }
      const boundary = boundaryOf(headers["content-type"] ?? "")
      const strange = (what: string) => unreadable(context, status, { what, admitted: "yes" })
      if (boundary === undefined) return Stream.fail(strange("its body has no parts"))
      const files = decode(boundary)(bytes).pipe(
        Stream.mapEffect((part): Effect.Effect<DownloadedFile, ApiError | PartError> => {
          const path = pathOf(part.filename)
          return path === undefined
            ? Effect.fail(strange("it has more parts than paths were asked for"))
            : Effect.map(result(part, path, maxBytes), (found): DownloadedFile => ({ path, result: found }))
        }),
        Stream.mapError((error) => {
          if (!(error instanceof MultipartBroken)) return error
          return error.reason === "truncated"
            ? streamInterrupted(context, `${error.message}; ${came()}`)
            : strange(`its body cannot be read: ${error.message}`)
        })
      )
      const end = Stream.suspend(() =>
        missing.length === 0 ? Stream.empty : Stream.fail(streamInterrupted(context, came()))
      )
      return Stream.concat(files, end)
    }

  return {
    downloadMany: (paths, { maxBytes = defaultMaxBytes } = {}) =>
      Stream.suspend(() => {
        const all = [...paths]
        return all.length === 0
          ? Stream.empty
          : toolbox.stream(
              operations.downloadMany,
              { body: { paths: all }, subject: `${all.length} files` },
              read(all, maxBytes)
            )
      })
  }
}
