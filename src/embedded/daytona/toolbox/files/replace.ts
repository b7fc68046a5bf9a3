/** The endpoint that replaces text in files. */
import { writeFile } from "node:fs/promises"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as responses from "../../http/responses.js"
import type { Machine } from "../Machine.js"
import type { Refusal } from "../Refusal.js"
import type { Handler } from "../Route.js"
import { attempt, badRequest } from "./failures.js"
import { openedByOlderDaemon, readWhole } from "./openFile.js"

/** `POST /files/replace`: replaces a text in several files. A file without it is rewritten, too. */
export const replace =
  (machine: Machine): Handler =>
  ({ json }) =>
    Effect.gen(function* () {
      const body = yield* json
      const { files, newValue, pattern } = Predicate.isRecord(body) ? body : {}
      const isComplete = Array.isArray(files) && files.every(Predicate.isString) && Predicate.isString(newValue)
      if (!isComplete || !Predicate.isString(pattern) || pattern === "") {
        return yield* badRequest("invalid body request: expected files, pattern and newValue")
      }
      const results = yield* Effect.forEach(files, (file: string) =>
        Effect.match(replaceIn(machine, file, pattern, newValue), {
          onFailure: ({ message }) => ({ file, success: false, error: message }),
          onSuccess: () => ({ file, success: true })
        })
      )
      return responses.json(200, results)
    })

const replaceIn = (machine: Machine, file: string, pattern: string, newValue: string): Effect.Effect<void, Refusal> =>
  Effect.gen(function* () {
    const path = yield* machine.resolve(file)
    if (machine.generation === "0.190") yield* openedByOlderDaemon(path, file)
    const before = yield* attempt(`open ${file}`, () => readWhole(path, "latin1"))
    // Replaces bytes, so that content that is not UTF-8 is preserved.
    const after = before.replaceAll(bytesOf(pattern), () => bytesOf(newValue))
    yield* attempt(`open ${file}`, () => writeFile(path, after, "latin1"))
  })

const bytesOf = (text: string): string => Buffer.from(text).toString("latin1")
