/** Credentials from a file or from standard input, since arguments can be seen by every user of a machine. */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { UsageError } from "./failures.js"
import { readAll } from "./stdin.js"

/** Reads a secret, without the line ending behind it. `-` is standard input. Fails when it is empty. */
export const readSecret = (
  flag: string,
  path: string
): Effect.Effect<Redacted.Redacted, UsageError, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const text =
      path === "-"
        ? yield* readAll
        : yield* Effect.mapError(
            Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readFileString(path)),
            ({ message }) => new UsageError({ message: `${flag}: ${path} cannot be read: ${message}` })
          )
    const secret = text.replace(/\r?\n$/, "")
    return secret === ""
      ? yield* new UsageError({ message: `${flag}: ${path === "-" ? "standard input" : path} is empty` })
      : Redacted.make(secret)
  })
