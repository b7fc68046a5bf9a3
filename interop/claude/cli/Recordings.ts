/** What the CLI was started with and what it printed, as the recorder wrote it down. */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"

/** One process of the CLI. */
export interface Recording {
  readonly pid: number
  readonly args: ReadonlyArray<string>
  /** The lines on stdout; the last one only if it was printed to its end. */
  readonly lines: ReadonlyArray<string>
  readonly hasEnded: boolean
}

const Start = Schema.parseJson(Schema.Struct({ pid: Schema.Number, args: Schema.Array(Schema.String) }))

/** Everything that was recorded. */
export class Recordings extends Context.Tag("interop/claude/Recordings")<Recordings, RecordingsService>() {
  /** The recordings of a folder. */
  static layer(directory: string): Layer.Layer<Recordings, never, FileSystem.FileSystem | Path.Path> {
    return Layer.effect(Recordings, make(directory))
  }
}

export interface RecordingsService {
  /** All recordings so far. */
  readonly all: Effect.Effect<ReadonlyArray<Recording>>
  /** The recordings that were not taken before, once their processes have ended, or had ten seconds to do so. */
  readonly take: Effect.Effect<ReadonlyArray<Recording>>
}

const make = (directory: string): Effect.Effect<RecordingsService, never, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const fileSystem = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const taken = new Set<string>()
    const fileOf = (id: string, extension: string) => path.join(directory, `${id}.${extension}`)

    const read = (id: string): Effect.Effect<Recording> =>
      Effect.gen(function* () {
        const start = yield* Effect.flatMap(fileSystem.readFileString(fileOf(id, "json")), Schema.decodeUnknown(Start))
        const hasEnded = (yield* fileSystem.exists(fileOf(id, "exit"))) || !isAlive(start.pid)
        const printed = yield* fileSystem.readFileString(fileOf(id, "out"))
        const lines = printed.split("\n").slice(0, -1)
        return { ...start, lines, hasEnded }
      }).pipe(Effect.orDie)

    const ids = fileSystem.readDirectory(directory).pipe(
      Effect.map((files) => files.flatMap((file) => (file.endsWith(".json") ? [path.basename(file, ".json")] : []))),
      Effect.orDie
    )
    const unread = Effect.flatMap(ids, (known) =>
      Effect.forEach(
        known.filter((id) => !taken.has(id)),
        (id) => Effect.map(read(id), (recording) => ({ id, recording }))
      )
    )
    return {
      all: Effect.flatMap(ids, Effect.forEach(read)),
      take: unread.pipe(
        Effect.repeat({
          schedule: Schedule.spaced("50 millis").pipe(Schedule.upTo("10 seconds")),
          until: (found) => found.every(({ recording }) => recording.hasEnded)
        }),
        Effect.zipRight(unread),
        Effect.tap((found) => Effect.sync(() => found.forEach(({ id }) => taken.add(id)))),
        Effect.map((found) => found.map(({ recording }) => recording))
      )
    }
  })

/** The recorder may have been killed before it could write down that the CLI has ended. */
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** The value of an option, in the next argument or behind `=`: `optionOf(recording, "--output-format")`. */
export const optionOf = ({ args }: Recording, option: string): Option.Option<string> => {
  const at = args.indexOf(option)
  if (at !== -1) return Option.fromNullable(args[at + 1])
  return Option.fromNullable(args.find((each) => each.startsWith(`${option}=`))?.slice(option.length + 1))
}
