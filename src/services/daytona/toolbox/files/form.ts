/** Contents on their way into a sandbox: one request for all of them, and what becomes of them when it fails. */
import type * as Cause from "effect/Cause"
import * as Channel from "effect/Channel"
import type * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import type { ApiError } from "../../../../errors/ApiError.js"
import { UploadIncomplete } from "../../../../errors/daytona/files.js"
import { finalizerRequest } from "../../../../internal/finalizerRequest.js"
import type { Operation } from "../../../../internal/Operation.js"
import { withRequestOptions } from "../../../../RequestOptions.js"
import type { UploadAnswer, WrittenFile } from "../../../../schema/daytona/toolbox/File.js"
import { concatBytes } from "../../../../stream/bytes.js"
import * as MultipartForm from "../../../../stream/MultipartForm.js"
import type { Toolbox } from "../Toolbox.js"
import { type FileContent, isStream, streamOf } from "./content.js"
import { operations as entries } from "./entries.js"
import type { OnProgress } from "./resumable.js"

/** A file to be written. */
export interface FileEntry<E = never, R = never> {
  readonly path: string
  readonly content: FileContent<E, R>
  /** Of a stream, in bytes, where it is known; it then has to be as long as that. */
  readonly length?: number | undefined
  /** Runs for every chunk of it, and the transfer waits for it. */
  readonly onProgress?: OnProgress | undefined
}

export type UploadOperation<Failure> = Operation<"/files/bulk-upload", never, never, typeof UploadAnswer.Type, Failure>

interface About {
  readonly operation: string
  readonly sandboxId: string
}

/** One file on its way. */
interface Sending<E, R> {
  readonly path: string
  readonly length: number | undefined
  readonly content: Stream.Stream<Uint8Array, E | UploadIncomplete, R>
  /** The server may have opened the file. */
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
    message: `${path} was not written as it should have been: ${what}`
  })

/** A content that knows how much of it has gone out, and fails when it is not as long as it was said to be. */
const sendingOf = <E, R>(about: About, entry: FileEntry<E, R>): Sending<E, R> => {
  const { onProgress, path } = entry
  const { bytes, length } = streamOf(entry.content, entry.length)
  const unlike = (expected: number) => {
    const seen = sending.sent > expected ? "more" : `only ${sending.sent}`
    return incomplete(about, path, expected, undefined, `its content was to have ${expected} bytes, and has ${seen}`)
  }
  // Not with `Stream.mapChunksEffect`, under which garbage collection keeps the bytes that have passed far too long.
  const counted: Channel.Channel<
    Chunk.Chunk<Uint8Array>,
    Chunk.Chunk<Uint8Array>,
    E | UploadIncomplete,
    E,
    void,
    unknown
  > = Channel.readWithCause({
    onInput: (chunk: Chunk.Chunk<Uint8Array>) => {
      for (const part of chunk) sending.sent += part.length
      if (length !== undefined && sending.sent > length) return Channel.fail(unlike(length))
      const passed = Channel.zipRight(Channel.write(chunk), counted)
      return onProgress === undefined ? passed : Channel.zipRight(onProgress(sending.sent, length), passed)
    },
    onFailure: (cause: Cause.Cause<E>) => Channel.failCause(cause),
    onDone: () => (length === undefined || sending.sent === length ? Channel.void : Channel.fail(unlike(length)))
  })
  const sending: Sending<E, R> = {
    path,
    length,
    begun: false,
    sent: 0,
    content: Stream.suspend(() => {
      sending.begun = true
      sending.sent = 0
      return Stream.pipeThroughChannelOrFail(bytes, counted)
    })
  }
  return sending
}

/** The daemon takes the fields as they come: the path before the file. */
const partsOf = <E, R>(sending: Sending<E, R>, index: number) =>
  [
    { _tag: "Field", name: `files[${index}].path`, value: sending.path },
    { ...sending, _tag: "File", name: `files[${index}].file`, filename: "file" }
  ] as const

/** The server has answered, or nothing has reached it: either way it is not in the middle of the file. */
const isSettled = (error: unknown): boolean =>
  typeof error === "object" &&
  error !== null &&
  (("status" in error && error.status !== undefined) || ("admitted" in error && error.admitted === "no"))

/** What the daemon counted, held against what was sent. It names the files in their order. */
const verified = <E, R>(
  about: About,
  sendings: ReadonlyArray<Sending<E, R>>,
  written: ReadonlyArray<WrittenFile>
): Effect.Effect<ReadonlyArray<WrittenFile>, UploadIncomplete> => {
  for (const [index, { path, sent }] of sendings.entries()) {
    const bytes = written[index]?.bytes
    if (bytes === sent) continue
    const counted = bytes === undefined ? "the daemon names no such file" : `the daemon counted ${bytes}`
    return Effect.fail(incomplete(about, path, sent, bytes, `${sent} bytes were sent, and ${counted}`))
  }
  return Effect.succeed(written)
}

/** What the daemon says that it has written; where it says nothing at all, the files themselves are looked at. */
const reported = <E, R>(
  toolbox: Toolbox.Service,
  sendings: ReadonlyArray<Sending<E, R>>,
  written: ReadonlyArray<WrittenFile>
): Effect.Effect<ReadonlyArray<WrittenFile>, ApiError> =>
  written.length > 0
    ? Effect.succeed(written)
    : Effect.map(
        Effect.forEach(sendings, ({ path }) =>
          toolbox.call(entries.info, { query: { path }, subject: path }).pipe(
            Effect.map(({ size }) => [{ path, bytes: size }]),
            Effect.catchTag("NotFound", () => Effect.succeed([]))
          )
        ),
        (found) => found.flat()
      )

/** Bytes of a form that is sent as a whole when all of it is in memory: no browser sends a stream over HTTP/1.1. */
const sentWhole = 16 * 1024 * 1024

/** A body, and a way to end it when the request is over: fetch forgets one that it is waiting for. */
const droppable = <E>(bytes: Stream.Stream<Uint8Array, E>) => {
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
    drop: Effect.suspend(() => (reader === undefined ? Effect.void : Fiber.interrupt(reader)))
  }
}

/**
 * Sends entries, whose paths have been checked, in one request. A content that fails breaks it off, and its failure is that of
 * the upload. What an upload may have begun to write is removed when it fails, unless the server has answered: then it is
 * for the server to know.
 */
export const send = <E, R, Failure>(
  toolbox: Toolbox.Service,
  operation: UploadOperation<Failure>,
  files: ReadonlyArray<FileEntry<E, R>>,
  subject: string
): Effect.Effect<ReadonlyArray<WrittenFile>, ApiError | Failure | UploadIncomplete | E, R> =>
  Effect.gen(function* () {
    const about = { operation: operation.name, sandboxId: toolbox.sandboxId }
    const context = yield* Effect.context<R>()
    const failed = yield* Deferred.make<never, E | UploadIncomplete>()
    const sendings = files.map((entry) => sendingOf(about, entry))
    const form = yield* MultipartForm.encode(sendings.flatMap(partsOf))
    const isInMemory = !files.some((file) => isStream(file.content))
    const body = droppable(
      form.bytes.pipe(
        // Transports differ in what they make of a body that fails; all of them let go of one that no longer comes.
        Stream.catchAllCause((cause) =>
          Stream.fromEffect(Effect.zipRight(Deferred.failCause(failed, cause), Effect.never))
        ),
        Stream.provideContext(context)
      )
    )
    const bytes =
      isInMemory && form.length !== undefined && form.length <= sentWhole
        ? concatBytes(yield* Stream.runCollect(form.bytes))
        : body.bytes
    const content = { ...form, bytes }
    let settled = false
    const request = Effect.tapError(toolbox.call(operation, { content, subject }), (error) =>
      Effect.sync(() => {
        settled = isSettled(error)
      })
    )
    // A stream can be read once, so its request can be sent once.
    const once = isInMemory ? request : withRequestOptions(request, { retry: false })
    const remove = ({ path }: Sending<E, R>) =>
      Effect.ignore(finalizerRequest(toolbox.call(entries.delete, { query: { path }, subject: path })))
    return yield* Effect.raceFirst(once, Deferred.await(failed)).pipe(
      Effect.ensuring(body.drop),
      Effect.flatMap((answer) => reported(toolbox, sendings, answer.files)),
      Effect.flatMap((written) => verified(about, sendings, written)),
      Effect.onExit((exit) =>
        Exit.isSuccess(exit) || settled
          ? Effect.void
          : Effect.forEach(
              sendings.filter(({ begun }) => begun),
              remove,
              { concurrency: 4, discard: true }
            )
      )
    )
  })
