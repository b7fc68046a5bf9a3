/** Uploads contents with one request, verifies what was written, and cleans up after a failure. */
import type * as Cause from "effect/Cause"
import * as Channel from "effect/Channel"
import type * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import type { ApiError } from "../../../../errors/ApiError.js"
import { UploadIncomplete } from "../../../../errors/daytona/files.js"
import { finalizerRequest, raceFirst } from "../../../../internal/finalizerRequest.js"
import type { Operation } from "../../../../internal/Operation.js"
import { withRequestOptions } from "../../../../RequestOptions.js"
import type { UploadAnswer, WrittenFile } from "../../../../schema/daytona/toolbox/File.js"
import { concatBytes } from "../../../../stream/bytes.js"
import * as MultipartForm from "../../../../stream/MultipartForm.js"
import { debtIn } from "../scopedCreation.js"
import type { Toolbox } from "../Toolbox.js"
import { type FileContent, isStream, streamOf } from "./content.js"
import { operations as entries } from "./entries.js"
import { type OnProgress, report } from "./resumable.js"

/** A file to write. */
export interface FileEntry<E = never, R = never> {
  readonly path: string
  readonly content: FileContent<E, R>
  /** The length of a stream in bytes, if known; it must then have exactly that length. */
  readonly length?: number | undefined
  /** Runs for every chunk; the transfer waits for it. */
  readonly onProgress?: OnProgress | undefined
}

export type UploadOperation<Failure> = Operation<"/files/bulk-upload", never, never, typeof UploadAnswer.Type, Failure>

interface About {
  readonly operation: string
  readonly sandboxId: string
}

/** The upload of one file. */
interface FileUpload<E, R> {
  readonly path: string
  readonly length: number | undefined
  readonly content: Stream.Stream<Uint8Array, E | UploadIncomplete, R>
  /** Whether the server may have opened the file. */
  begun: boolean
  sent: number
}

const incomplete = (about: About, path: string, expected: number, written: number | undefined, what: string) =>
  new UploadIncomplete({
    ...about,
    system: "daytona",
    path,
    expected,
    ...(written === undefined ? {} : { written }),
    message: `${path} was not written completely: ${what}`
  })

/** Counts the bytes of a content as they are sent, and fails when its length differs from the declared one. */
const uploadOf = <E, R>(about: About, entry: FileEntry<E, R>): FileUpload<E, R> => {
  const { onProgress, path } = entry
  const { bytes, length } = streamOf(entry.content, entry.length)
  const wrongLength = (expected: number) => {
    const seen = upload.sent > expected ? "more" : `only ${upload.sent}`
    return incomplete(about, path, expected, undefined, `its content should have ${expected} bytes, but has ${seen}`)
  }
  // `Stream.mapChunksEffect` would keep the bytes that were sent from being collected for far too long.
  const counted: Channel.Channel<
    Chunk.Chunk<Uint8Array>,
    Chunk.Chunk<Uint8Array>,
    E | UploadIncomplete,
    E,
    void,
    unknown
  > = Channel.readWithCause({
    onInput: (chunk: Chunk.Chunk<Uint8Array>) => {
      for (const part of chunk) upload.sent += part.length
      if (length !== undefined && upload.sent > length) return Channel.fail(wrongLength(length))
      const passed = Channel.zipRight(Channel.write(chunk), counted)
      return onProgress === undefined ? passed : Channel.zipRight(report(onProgress, upload.sent, length), passed)
    },
    onFailure: (cause: Cause.Cause<E>) => Channel.failCause(cause),
    onDone: () => (length === undefined || upload.sent === length ? Channel.void : Channel.fail(wrongLength(length)))
  })
  const upload: FileUpload<E, R> = {
    path,
    length,
    begun: false,
    sent: 0,
    content: Stream.suspend(() => {
      upload.begun = true
      upload.sent = 0
      return Stream.pipeThroughChannelOrFail(bytes, counted)
    })
  }
  return upload
}

/** The daemon reads the fields in order: the path must come before the file. */
const partsOf = <E, R>(upload: FileUpload<E, R>, index: number) =>
  [
    { _tag: "Field", name: `files[${index}].path`, value: upload.path },
    { ...upload, _tag: "File", name: `files[${index}].file`, filename: "file" }
  ] as const

/** Whether the server has responded, or nothing has reached it: either way it is not still writing. */
const isSettled = (error: unknown): boolean =>
  typeof error === "object" &&
  error !== null &&
  (("status" in error && error.status !== undefined) || ("admitted" in error && error.admitted === "no"))

/** Compares what the daemon counted, in the order of the files, with what was sent. */
const verified = <E, R>(
  about: About,
  uploads: ReadonlyArray<FileUpload<E, R>>,
  written: ReadonlyArray<WrittenFile>
): Effect.Effect<ReadonlyArray<WrittenFile>, UploadIncomplete> => {
  for (const [index, { path, sent }] of uploads.entries()) {
    const bytes = written[index]?.bytes
    if (bytes === sent) continue
    const counted = bytes === undefined ? "the daemon did not report the file" : `the daemon counted ${bytes}`
    return Effect.fail(incomplete(about, path, sent, bytes, `${sent} bytes were sent, but ${counted}`))
  }
  return Effect.succeed(written)
}

/** What the daemon reports as written; older daemons report nothing, so the sizes of the files are read. */
const reported = <E, R>(
  toolbox: Toolbox.Service,
  uploads: ReadonlyArray<FileUpload<E, R>>,
  written: ReadonlyArray<WrittenFile>
): Effect.Effect<ReadonlyArray<WrittenFile>, ApiError> =>
  written.length > 0
    ? Effect.succeed(written)
    : Effect.map(
        Effect.forEach(uploads, ({ path }) =>
          toolbox.call(entries.info, { query: { path }, subject: path }).pipe(
            Effect.map(({ size }) => [{ path, bytes: size }]),
            Effect.catchTag("NotFound", () => Effect.succeed([]))
          )
        ),
        (found) => found.flat()
      )

/** Forms in memory up to this size are sent as one buffer: browsers cannot send streams over HTTP/1.1. */
const maxBuffered = 16 * 1024 * 1024

/** A body that can be stopped when the request is over: fetch leaves a body that it waits for running. */
const stoppable = <E>(bytes: Stream.Stream<Uint8Array, E>) => {
  let reader: Fiber.RuntimeFiber<unknown, unknown> | undefined
  const watched = Stream.ensuring(
    bytes,
    Effect.sync(() => {
      reader = undefined
    })
  )
  return {
    bytes: Stream.unwrap(
      Effect.withFiberRuntime<typeof watched>((fiber) => {
        reader = fiber
        return Effect.succeed(watched)
      })
    ),
    stop: Effect.suspend(() => (reader === undefined ? Effect.void : Fiber.interrupt(reader)))
  }
}

/** How long to wait before each further deletion, in milliseconds: about two seconds in all. */
const pauses = [25, 50, 100, 200, 400, 600, 600]

/** A file that was found and then missing this often stays missing. */
const enough = 2

/**
 * Deletes a file that an interrupted upload may have begun to write. The daemon may notice only later that the upload
 * is over, and create the file after it was deleted, so it is deleted again until it stays missing.
 */
const removed = (toolbox: Toolbox.Service, path: string): Effect.Effect<void> => {
  const deleted = finalizerRequest(toolbox.call(entries.delete, { query: { path }, subject: path })).pipe(
    Effect.as("deleted" as const),
    Effect.catchTag("NotFound", () => Effect.succeed("missing" as const)),
    Effect.orElseSucceed(() => "failed" as const)
  )
  const again = (found: boolean, misses: number, [pause, ...later]: ReadonlyArray<number>): Effect.Effect<void> =>
    Effect.flatMap(deleted, (outcome) => {
      const missed = outcome === "missing" ? misses + 1 : 0
      const isFound = found || outcome === "deleted"
      return pause === undefined || outcome === "failed" || (isFound && missed >= enough)
        ? Effect.void
        : Effect.zipRight(liveSleep(pause), again(isFound, missed, later))
    })
  return again(false, 0, pauses)
}

/** What is waited for is the network, so a clock for tests does not count. */
const liveSleep = (milliseconds: number) => Effect.withClock(Effect.sleep(milliseconds), Clock.make())

/**
 * Sends entries, whose paths have been checked, in one request. The failure of a content aborts the request and becomes
 * that of the upload. After a failure, files that may have been partly written are deleted, unless the server has
 * responded.
 */
export const send = <E, R, Failure>(
  toolbox: Toolbox.Service,
  operation: UploadOperation<Failure>,
  files: ReadonlyArray<FileEntry<E, R>>,
  subject: string
): Effect.Effect<ReadonlyArray<WrittenFile>, ApiError | Failure | UploadIncomplete | E, R> =>
  Effect.gen(function* () {
    const about = {
      operation: operation.name,
      get sandboxId() {
        return toolbox.sandboxId
      }
    }
    const context = yield* Effect.context<R>()
    const failed = yield* Deferred.make<never, E | UploadIncomplete>()
    const uploads = files.map((entry) => uploadOf(about, entry))
    const form = yield* MultipartForm.encode(uploads.flatMap(partsOf))
    const isInMemory = !files.some((file) => isStream(file.content))
    const body = stoppable(
      form.bytes.pipe(
        // Transports differ in how they treat a body that fails, so it stalls instead, and the request is interrupted.
        Stream.catchAllCause((cause) =>
          Stream.fromEffect(Effect.zipRight(Deferred.failCause(failed, cause), Effect.never))
        ),
        Stream.provideContext(context)
      )
    )
    const bytes =
      isInMemory && form.length !== undefined && form.length <= maxBuffered
        ? concatBytes(yield* Stream.runCollect(form.bytes))
        : body.bytes
    const content = { ...form, bytes }
    let settled = false
    const request = Effect.tapError(toolbox.call(operation, { content, subject }), (error) =>
      Effect.sync(() => {
        settled = isSettled(error)
      })
    )
    // A stream can be consumed once, so its request can be sent once.
    const once = isInMemory ? request : withRequestOptions(request, { retry: false })
    return yield* raceFirst(once, Deferred.await(failed)).pipe(
      Effect.ensuring(body.stop),
      Effect.flatMap((answer) => reported(toolbox, uploads, answer.files)),
      Effect.flatMap((written) => verified(about, uploads, written)),
      Effect.onExit((exit) =>
        Exit.isSuccess(exit) || settled
          ? Effect.void
          : Effect.forEach(
              uploads.filter(({ begun }) => begun),
              ({ path }) => removed(toolbox, path),
              { concurrency: 64, discard: true }
            )
      ),
      toolbox.pendingReleases.during(debtIn(toolbox, `the upload of ${subject}`))
    )
  })
