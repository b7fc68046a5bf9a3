/** The transcripts of the CLI: a file of JSON lines for each session. */
import { readdir, readFile, rm } from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as StreamJson from "./StreamJson.js"

/** The transcripts that the processes keep themselves. */
export interface Transcripts {
  /** The lines of a session's transcript that are JSON objects; `undefined` if it has none. */
  readonly read: (sessionId: string) => Effect.Effect<ReadonlyArray<StreamJson.Line> | undefined>
  /** Removes everything that belongs to a session, so that its id can be used again. */
  readonly remove: (sessionId: string) => Effect.Effect<void>
}

/** The transcripts in the CLI's configuration directory, which has a folder for each working directory. */
export const inDirectory = (configDirectory: string): Transcripts => {
  const projects = join(configDirectory, "projects")
  const folders = Effect.map(
    Effect.orElseSucceed(
      Effect.tryPromise(() => readdir(projects)),
      (): ReadonlyArray<string> => []
    ),
    (names) => names.map((name) => join(projects, name))
  )
  return {
    read: (sessionId) =>
      Effect.flatMap(folders, (all) =>
        Effect.firstSuccessOf([
          Effect.fail("no transcript"),
          ...all.map((folder) => Effect.tryPromise(() => readFile(join(folder, `${sessionId}.jsonl`), "utf8")))
        ])
      ).pipe(
        Effect.map((text) => text.split("\n").map(StreamJson.parse).filter(Predicate.isNotUndefined)),
        Effect.orElseSucceed(() => undefined)
      ),
    remove: (sessionId) =>
      Effect.flatMap(folders, (all) =>
        Effect.forEach(
          all.flatMap((folder) => [join(folder, `${sessionId}.jsonl`), join(folder, sessionId)]),
          (path) => Effect.ignore(Effect.tryPromise(() => rm(path, { recursive: true, force: true }))),
          { discard: true }
        )
      )
  }
}
