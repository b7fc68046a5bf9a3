/** Local files as a tar archive, in the format that the builder expects. */
import type { PlatformError } from "@effect/platform/Error"
import type { UnknownException } from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { TarHeader } from "modern-tar"

/** The library, which is loaded when the first image with local files is built. */
export type Library = typeof import("modern-tar")

/** A file, as it was when it was hashed. */
export interface ArchiveEntry {
  /** Its name in the archive. */
  readonly name: string
  readonly content: Stream.Stream<Uint8Array, PlatformError>
  readonly mode: number
  readonly size: number
}

const headerOf = ({ name, mode, size }: Omit<ArchiveEntry, "content">): TarHeader => ({
  name,
  mode,
  size,
  type: "file",
  mtime: new Date(0),
  uid: 0,
  gid: 0
})

const blockSize = 512

/** A symbolic link. */
export interface Link {
  readonly name: string
  readonly target: string
}

/** An archive of links. */
export const ofLinks = (
  { packTar }: Library,
  links: ReadonlyArray<Link>
): Effect.Effect<Uint8Array, UnknownException> =>
  Effect.tryPromise(() =>
    packTar(
      links.map(({ name, target }) => ({
        header: { ...headerOf({ name, mode: 0o777, size: 0 }), type: "symlink", linkname: target }
      }))
    )
  )

/** How many headers are measured at once. */
const batchSize = 500

/**
 * The size of the archive, computed without reading the files, since object storage requires it in advance. Only the
 * library knows the size of a header (long names need several blocks), so the headers are built without contents and
 * measured.
 */
export const sizeOf = (
  { packTar }: Library,
  entries: ReadonlyArray<ArchiveEntry>
): Effect.Effect<number, UnknownException> =>
  Effect.tryPromise(async () => {
    const end = (await packTar([])).length
    let size = end
    for (let start = 0; start < entries.length; start += batchSize) {
      const batch = entries.slice(start, start + batchSize)
      const headers = await packTar(batch.map((entry) => ({ header: { ...headerOf(entry), size: 0 } })))
      size += headers.length - end
      for (const entry of batch) size += Math.ceil(entry.size / blockSize) * blockSize
    }
    return size
  })

/**
 * The archive as a stream, which reads one file at a time with backpressure. Fails with `unreadable` for a file that
 * cannot be read, or whose size is not that of its entry.
 */
export const stream = <E>(
  { createTarPacker }: Library,
  entries: ReadonlyArray<ArchiveEntry>,
  unreadable: (name: string) => E
): Stream.Stream<Uint8Array, E> =>
  Stream.unwrapScoped(
    Effect.gen(function* () {
      const { readable, controller } = createTarPacker()
      let current = ""
      const write = (entry: ArchiveEntry) =>
        Effect.gen(function* () {
          current = entry.name
          const writer = yield* Effect.try(() => controller.add(headerOf(entry)).getWriter())
          yield* Stream.runForEach(entry.content, (bytes) => Effect.tryPromise(() => writer.write(bytes)))
          yield* Effect.tryPromise(() => writer.close())
        })
      yield* Effect.forEach(entries, write, { discard: true }).pipe(
        Effect.zipRight(Effect.try(() => controller.finalize())),
        // The error reaches the reader of the stream below.
        Effect.catchAll((error) => Effect.sync(() => controller.error(error))),
        Effect.forkScoped
      )
      return Stream.fromReadableStream({ evaluate: () => readable, onError: () => unreadable(current) })
    })
  )
