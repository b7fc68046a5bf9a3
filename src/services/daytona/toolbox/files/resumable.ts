/** A download that resumes over new connections, and always delivers one version of the file. */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import {
  type ApiError,
  NotFound,
  type StreamInterrupted,
  Timeout,
  TransportError,
  UnexpectedStatus
} from "../../../../errors/ApiError.js"
import { FileChanged, FileWithoutLength, RangeNotSatisfiable } from "../../../../errors/daytona/files.js"
import type { OpenedStream } from "../../../../internal/ApiClient.js"
import { invalidRequest, streamInterrupted, unreadable } from "../../../../internal/failure.js"
import * as Operation from "../../../../internal/Operation.js"
import { PathQuery } from "../../../../schema/daytona/toolbox/File.js"
import { cleanPath } from "../quotePath.js"
import type { Toolbox } from "../Toolbox.js"
import { operations as entries, missing } from "./entries.js"
import { announced, type ByteRange, isEncoded, rangeHeader } from "./range.js"
import { isEmptyFile } from "./script.js"

/** Receives the number of bytes transferred so far, and the total if known. */
export type OnProgress = (transferred: number, total: number | undefined) => Effect.Effect<void>

/** Reports progress. A program without types may pass a function that returns no effect. */
export const report = (onProgress: OnProgress, transferred: number, total: number | undefined): Effect.Effect<void> => {
  const returned = onProgress(transferred, total)
  return Effect.isEffect(returned) ? returned : Effect.void
}

export interface DownloadOptions {
  /** Which part of the file; default: all. */
  readonly range?: ByteRange | undefined
  /** Runs for every chunk; the transfer waits for it. */
  readonly onProgress?: OnProgress | undefined
  /**
   * How many consecutive resumptions may deliver nothing before the download fails; default 3, after 0, 0.5 and 1
   * seconds. 0: never resumes.
   */
  readonly resumptions?: number | undefined
}

export type DownloadError =
  | ApiError
  | NotFound
  | RangeNotSatisfiable
  | FileChanged
  | FileWithoutLength
  | StreamInterrupted

export const operation = Operation.make("Files.download", "GET", "/files/download", {
  query: PathQuery,
  success: Schema.Void,
  fails: [NotFound, RangeNotSatisfiable],
  meanings: {
    ...missing,
    400: "it is a directory, or cannot be read",
    416: "the range begins past the end of the file"
  }
})

/** A connection delivered less than it should have. */
class Broken extends Data.TaggedError("Broken")<{ readonly error: StreamInterrupted | Timeout }> {}

const isCount = (value: number, from: number): boolean => Number.isSafeInteger(value) && value >= from

const checked = ({ range: { length = 1, offset = 0 } = {}, resumptions = 0 }: DownloadOptions) => {
  const at = { system: "daytona", operation: operation.name } as const
  if (!isCount(offset, 0)) return invalidRequest(at, "range.offset", "must be a non-negative integer")
  if (!isCount(length, 1)) return invalidRequest(at, "range.length", "must be a positive integer")
  if (!isCount(resumptions, 0)) return invalidRequest(at, "resumptions", "must be a non-negative integer")
  return undefined
}

/** The offsets of a part of an encoded file are not those of the file. */
const encodedPart = ({ context, status }: OpenedStream) =>
  unreadable(context, status, { what: "it is a part of a compressed file, which was not asked for", admitted: "yes" })

/** The pause after this many consecutive connections that delivered nothing. */
const pause = (idleConnections: number): number => (idleConnections < 2 ? 0 : 500 * 2 ** (idleConnections - 2))

/** `admit` sees the announced length before any bytes are read. */
export const download = <E>(
  toolbox: Toolbox.Service,
  path: string,
  options: DownloadOptions,
  admit: (length: number | undefined) => Either.Either<void, E>
): Stream.Stream<Uint8Array, DownloadError | E> =>
  Stream.suspend(() => {
    const { onProgress, range = {}, resumptions = 3 } = options
    const invalid = checked(options)
    if (invalid !== undefined) return Stream.fail(invalid)

    let received = 0
    /** The total number of bytes; undefined if the server did not announce it. */
    let expected: number | undefined
    /** The version of the file, as far as the server announced it. */
    let version: { readonly modified: string | undefined; readonly size: number | undefined } | undefined
    let idleConnections = 0

    const changed = () =>
      new FileChanged({
        system: "daytona",
        operation: operation.name,
        sandboxId: toolbox.sandboxId,
        path,
        received,
        message: `${path} was changed or removed after ${received} bytes had arrived, so the download cannot be resumed`
      })

    const withoutLength = (what = "has content but no length, so the daemon does not send it") =>
      new FileWithoutLength({
        system: "daytona",
        operation: operation.name,
        sandboxId: toolbox.sandboxId,
        path,
        message: `${path} ${what}; read it with a command, such as \`process.execute(["cat", path])\``
      })

    /** The daemon waits until something writes into a pipe, and responds to a socket as to an unknown operation. */
    const orPipe = (error: Timeout | UnexpectedStatus): Stream.Stream<never, DownloadError> =>
      toolbox.call(entries.info, { query: { path }, subject: path }).pipe(
        Effect.map(({ mode }) => (/^[pS]/.test(mode) ? withoutLength("is a pipe or a socket") : error)),
        Effect.orElseSucceed(() => error),
        Effect.map(Stream.fail),
        Stream.unwrap
      )

    const reallyEmpty: Stream.Stream<never, DownloadError> = Stream.unwrap(
      Effect.map(isEmptyFile(toolbox, path), (isEmpty) => (isEmpty ? Stream.empty : Stream.fail(withoutLength())))
    )

    /** Reads the length that a response did not announce. */
    const readLength = toolbox.call(entries.info, { query: { path }, subject: path }).pipe(
      Effect.map(({ size }) => {
        const rest = Math.max(size - (range.offset ?? 0), 0)
        expected = Math.min(rest, range.length ?? rest)
      }),
      Effect.catchTag("NotFound", () => Effect.fail(changed()))
    )

    const begun = (opened: OpenedStream): Either.Either<void, DownloadError | E> => {
      const { context, headers, status } = opened
      const { length, modified, size, start } = announced(opened)
      const isErrorPage = headers["content-type"]?.includes("html") && headers["content-disposition"] === undefined
      if (isErrorPage) {
        const what = "it is an HTML page, not from the daemon"
        return Either.left(unreadable(context, status, { what, admitted: "unknown" }))
      }
      if (start !== undefined && isEncoded(headers)) return Either.left(encodedPart(opened))
      const requested = rangeHeader(range, 0)
      // The response to a range of an empty file is the whole file.
      const empty = start === undefined && (length ?? 0) === 0
      if (requested === undefined ? start !== undefined : start !== (range.offset ?? 0) && !empty) {
        const what = `it is not the requested range (${requested ?? "the whole file"})`
        return Either.left(unreadable(context, status, { what, admitted: "yes" }))
      }
      expected = requested !== undefined && empty ? 0 : length
      version = { modified, size }
      return admit(length)
    }

    const resumed = (opened: OpenedStream): Either.Either<void, DownloadError | E> => {
      const { length, modified, size, start } = announced(opened)
      if (start !== undefined && isEncoded(opened.headers)) return Either.left(encodedPart(opened))
      const sameSize = version?.size === undefined || version.size === size
      if (start !== (range.offset ?? 0) + received || modified !== version?.modified || !sameSize) {
        return Either.left(changed())
      }
      if (modified === undefined) {
        const why = "nothing shows whether the rest is of the same version"
        return Either.left(streamInterrupted(opened.context, `after ${received} bytes, ${why}`))
      }
      expected = length === undefined ? undefined : received + length
      return Either.void
    }

    const content = ({ bytes, context, status }: OpenedStream): Stream.Stream<Uint8Array, DownloadError | Broken> => {
      const count = (chunk: Iterable<Uint8Array>) => {
        for (const part of chunk) received += part.length
      }
      const counted =
        onProgress === undefined
          ? Stream.mapChunks(bytes, (chunk) => {
              count(chunk)
              return chunk
            })
          : Stream.mapChunksEffect(bytes, (chunk) => {
              count(chunk)
              return Effect.as(report(onProgress, received, expected), chunk)
            })
      const end = Stream.suspend((): Stream.Stream<never, DownloadError | Broken> => {
        if (received === 0 && expected === 0) return reallyEmpty
        if (received === expected) return Stream.empty
        if (expected !== undefined && received > expected) {
          const what = `${received} bytes arrived, but ${expected} were announced`
          return Stream.fail(unreadable(context, status, { what, admitted: "yes" }))
        }
        const what = expected === undefined ? "no length was announced" : `${expected} were announced`
        return Stream.fail(
          new Broken({ error: streamInterrupted(context, `${received} bytes had arrived, but ${what}`) })
        )
      })
      return Stream.concat(
        Stream.mapError(counted, (error) => new Broken({ error })),
        end
      )
    }

    const connection = (): Stream.Stream<Uint8Array, DownloadError | E> => {
      const before = received
      const requested = rangeHeader(range, received)
      const headers = {
        ...(requested === undefined ? {} : { range: requested }),
        ...(received === 0 || version?.modified === undefined ? {} : { "if-range": version.modified })
      }
      const opened = toolbox.stream(
        operation,
        { query: { path }, subject: path, headers },
        (opened): Stream.Stream<Uint8Array, DownloadError | E | Broken> => {
          const judged = received === 0 ? begun(opened) : resumed(opened)
          return Either.isLeft(judged) ? Stream.fail(judged.left) : content(opened)
        }
      )
      const resume = (error: StreamInterrupted | Timeout): Stream.Stream<Uint8Array, DownloadError | E> => {
        if (received === expected) return Stream.empty
        idleConnections = received > before ? 0 : idleConnections + 1
        if (resumptions === 0 || idleConnections > resumptions) return Stream.fail(error)
        return Stream.unwrap(Effect.map(Effect.sleep(pause(idleConnections)), connection))
      }
      return Stream.catchAll(opened, (error): Stream.Stream<Uint8Array, DownloadError | E> => {
        if (error instanceof Broken) {
          const { error: broken } = error
          return expected === undefined ? Stream.unwrap(Effect.map(readLength, () => resume(broken))) : resume(broken)
        }
        // Their lengths are made up, so the daemon breaks the connection.
        const isVirtual = /^\/(?:proc|sys)\//.test(cleanPath(path))
        if (isVirtual && error instanceof TransportError && error.admitted !== "no") return Stream.fail(withoutLength())
        const isUnknown = error instanceof UnexpectedStatus && error.status === 404
        if (received === 0 && (error instanceof Timeout || isUnknown)) return orPipe(error)
        const isGone = error instanceof NotFound || error instanceof RangeNotSatisfiable
        return Stream.fail(before > 0 && isGone ? changed() : error)
      })
    }
    return connection()
  })
