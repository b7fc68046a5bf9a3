/** The endpoint that uploads several files at once. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as responses from "../../http/responses.js"
import type { Machine } from "../Machine.js"
import type { Refusal } from "../Refusal.js"
import type { Handler } from "../Route.js"
import * as FileWriter from "./FileWriter.js"
import * as formParts from "./formParts.js"

/** `POST /files/bulk-upload`: several files, each preceded by its path. */
export const bulkUpload =
  (machine: Machine): Handler =>
  ({ bytes, headers }) =>
    Effect.gen(function* () {
      if (!(headers["content-type"] ?? "").startsWith("multipart/")) {
        return responses.json(400, { errors: ["invalid multipart form"] })
      }
      const upload = make(machine)
      yield* Stream.runForEach(formParts.read(headers, bytes), upload.take)
      const { errors, files } = upload.result()
      const written = files.length === 0 ? null : files
      return errors.length === 0
        ? responses.json(200, { files: written })
        : responses.json(400, { errors, files: written })
    })

interface Written {
  readonly path: string
  readonly bytes: number
}

/** The part that is being read. */
type Current =
  | { readonly _tag: "Nothing" }
  | { readonly _tag: "Path"; readonly index: string; text: string }
  | { readonly _tag: "File"; readonly path: string; readonly file: FileWriter.FileWriter }

/** The longest path, in bytes. A longer one is cut off. */
const longestPath = 65_536

const make = (machine: Machine) => {
  const paths = new Map<string, string>()
  const errors: Array<string> = []
  const files: Array<Written> = []
  let current: Current = { _tag: "Nothing" }

  // A file that cannot be written does not prevent the others from being written.
  const collectError = <A>(index: string, effect: Effect.Effect<A, Refusal, Scope.Scope>, otherwise: A) =>
    Effect.catchAll(effect, ({ message }) =>
      Effect.sync(() => {
        errors.push(`${index}: ${message}`)
        return otherwise
      })
    )

  const begin = (name: string): Effect.Effect<Current, never, Scope.Scope> => {
    const [, index = "", kind] = /^files\[(.*)\]\.(path|file)$/s.exec(name) ?? []
    const path = paths.get(index)
    if (kind === "path") return Effect.succeed({ _tag: "Path", index, text: "" })
    if (kind === "file" && path !== undefined) {
      const opened: Effect.Effect<Current, Refusal, Scope.Scope> = Effect.map(
        FileWriter.create(machine, path, 0o755),
        (file) => ({ _tag: "File", path, file })
      )
      return collectError(path, opened, { _tag: "Nothing" })
    }
    if (kind === "file") errors.push(`files[${index}].file: missing path`)
    return Effect.succeed({ _tag: "Nothing" })
  }

  const end = (ended: Current): Effect.Effect<void> => {
    if (ended._tag === "Path") paths.set(ended.index, Buffer.from(ended.text, "latin1").toString("utf8").trim())
    if (ended._tag === "File") {
      files.push({ path: ended.path, bytes: ended.file.size() })
      return ended.file.close
    }
    return Effect.void
  }

  const more = (part: Current, bytes: Uint8Array): Effect.Effect<void, never, Scope.Scope> => {
    if (part._tag === "Path" && part.text.length < longestPath) part.text += Buffer.from(bytes).toString("latin1")
    if (part._tag !== "File") return Effect.void
    return Effect.catchAll(part.file.write(bytes), ({ message }) => {
      errors.push(`${part.path}: ${message}`)
      current = { _tag: "Nothing" }
      return part.file.close
    })
  }

  return {
    take: (event: formParts.FormEvent): Effect.Effect<void, never, Scope.Scope> => {
      switch (event._tag) {
        case "Begin":
          return Effect.map(begin(event.head.name), (part) => {
            current = part
          })
        case "Bytes":
          return more(current, event.bytes)
        case "End": {
          const ended = current
          current = { _tag: "Nothing" }
          return end(ended)
        }
        case "Malformed":
          errors.push(`reading part: ${event.message === "EndNotReached" ? "unexpected EOF" : event.message}`)
          return Effect.void
      }
    },
    result: () => ({ errors, files })
  }
}
