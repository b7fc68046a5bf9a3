/** Screen recordings as files. */
import { randomUUID } from "node:crypto"
import { appendFile, mkdir, readdir, rm, stat, writeFile } from "node:fs/promises"
import { join } from "node:path"
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type { Machine } from "../Machine.js"
import type { Desktop } from "./Desktop.js"
import * as picture from "./picture.js"

/** A recording of the screen; times are milliseconds since 1970. */
export interface Recording {
  readonly id: string
  readonly fileName: string
  readonly filePath: string
  readonly startTime: number
  readonly endTime?: number
  readonly status: "recording" | "completed"
  readonly sizeBytes?: number
}

/** The recordings of a machine. They are files below its home, and so outlive the daemon. */
export interface Recordings {
  readonly start: (label: string, desktop: Desktop) => Effect.Effect<Recording, DiskFailed>
  /** `undefined` when no recording with that id is in progress. */
  readonly stop: (id: string, desktop: Desktop) => Effect.Effect<Recording | undefined, DiskFailed>
  readonly all: Effect.Effect<ReadonlyArray<Recording>>
  readonly remove: (recording: Recording) => Effect.Effect<void, DiskFailed>
}

export class DiskFailed extends Data.TaggedError("DiskFailed")<{ readonly message: string }> {}

export const make = (machine: Machine): Recordings => {
  const directory = join(machine.home, ".daytona", "recordings")
  const known = new Map<string, Recording>()

  return {
    start: (label, desktop) =>
      Effect.gen(function* () {
        const startTime = yield* Clock.currentTimeMillis
        const id = randomUUID()
        const stamp = new Date(startTime).toISOString().slice(0, 19).replaceAll(":", "-")
        const fileName = `${label === "" ? "session" : label}_${stamp}_${id}.mp4`
        const filePath = join(directory, fileName)
        yield* onDisk(() => mkdir(directory, { recursive: true }))
        yield* Effect.flatMap(frame(desktop), (bytes) => onDisk(() => writeFile(filePath, [fileType, bytes])))
        const recording: Recording = { id, fileName, filePath, startTime, status: "recording" }
        known.set(id, recording)
        return recording
      }),
    stop: (id, desktop) =>
      Effect.gen(function* () {
        const recording = known.get(id)
        if (recording?.status !== "recording") return undefined
        yield* Effect.flatMap(frame(desktop), (bytes) => onDisk(() => appendFile(recording.filePath, bytes)))
        const { size } = yield* onDisk(() => stat(recording.filePath))
        const endTime = yield* Clock.currentTimeMillis
        const completed: Recording = { ...recording, status: "completed", endTime, sizeBytes: size }
        known.set(id, completed)
        return completed
      }),
    all: Effect.map(
      Effect.promise(() => onFile(directory)),
      (files) => files.map((file) => known.get(file.id) ?? file)
    ),
    remove: ({ filePath, id }) =>
      Effect.map(
        onDisk(() => rm(filePath, { force: true })),
        () => {
          known.delete(id)
        }
      )
  }
}

/** The recordings found in the directory. It does not tell when one started, only when its file was last modified. */
const onFile = async (directory: string): Promise<ReadonlyArray<Recording>> => {
  const names = await readdir(directory).catch(() => Array.of<string>())
  const found = await Promise.all(
    names.map(async (fileName) => {
      const id = /_([0-9a-f-]{36})\.mp4$/.exec(fileName)?.[1]
      const filePath = join(directory, fileName)
      const file = await stat(filePath).catch(() => undefined)
      return id === undefined || file === undefined
        ? []
        : [
            {
              id,
              fileName,
              filePath,
              startTime: Math.floor(file.mtimeMs),
              status: "completed" as const,
              sizeBytes: file.size
            }
          ]
    })
  )
  return found.flat()
}

const box = (type: string, content: Uint8Array): Buffer => {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(content.length + 8)
  return Buffer.concat([length, Buffer.from(type, "latin1"), content])
}

/** The beginning of every MP4 file. */
const fileType = box("ftyp", Buffer.from("isom\0\0\x02\0isommp42", "latin1"))

/** A screenshot in a box that players skip: not a playable video, but something for a test to inspect. */
const frame = (desktop: Desktop): Effect.Effect<Buffer> =>
  Effect.map(desktop.capture, (image) => box("mdat", picture.png(image)))

const onDisk = <A>(work: () => Promise<A>): Effect.Effect<A, DiskFailed> =>
  Effect.tryPromise({ try: work, catch: (error) => new DiskFailed({ message: String(error) }) })
