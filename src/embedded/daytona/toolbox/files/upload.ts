/** The endpoints that upload a single file. */
import { basename } from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { ConnectionFault } from "../../../ConnectionFault.js"
import * as responses from "../../http/responses.js"
import * as daemonResponses from "../daemon/daemonResponses.js"
import type { Machine } from "../Machine.js"
import type { Refusal } from "../Refusal.js"
import type { DaemonRequest, Handler } from "../Route.js"
import * as FileWriter from "./FileWriter.js"
import { badRequest } from "./failures.js"
import * as formParts from "./formParts.js"

/**
 * `POST /files/upload`: the file in a form. Unlike the daemon, it writes the file as it arrives, without a temporary
 * copy.
 */
export const upload =
  (machine: Machine): Handler =>
  (request) =>
    Effect.as(saveForm(machine, request, 0o750), daemonResponses.empty(200))

/** `POST /files/upload-v2`: the file in a form, or as the body itself. */
export const uploadOrBody =
  (machine: Machine): Handler =>
  (request) =>
    Effect.gen(function* () {
      const path = request.query.get("path") ?? ""
      const isForm = (request.headers["content-type"] ?? "").startsWith("multipart/form-data")
      yield* isForm ? saveForm(machine, request, 0o755) : saveBody(machine, request, path)
      return responses.json(200, { name: basename(path), path, type: "file" })
    })

const saveBody = (
  machine: Machine,
  { bytes }: DaemonRequest,
  path: string
): Effect.Effect<void, Refusal | ConnectionFault, Scope.Scope> =>
  Effect.flatMap(FileWriter.create(machine, path, 0o755), ({ close, write }) =>
    Effect.zipRight(formParts.forEachToEnd(bytes, write), close)
  )

/** Writes the part `file` of a form and ignores all others. */
const saveForm = (
  machine: Machine,
  { bytes, headers, query }: DaemonRequest,
  directoryMode: number
): Effect.Effect<void, Refusal | ConnectionFault, Scope.Scope> =>
  Effect.gen(function* () {
    let saving: FileWriter.FileWriter | undefined
    let saved = false
    yield* formParts.forEachToEnd(formParts.read(headers, bytes), (event) => {
      switch (event._tag) {
        case "Begin":
          return event.head.name === "file" && !saved
            ? Effect.map(FileWriter.create(machine, query.get("path") ?? "", directoryMode), (file) => {
                saving = file
              })
            : Effect.void
        case "Bytes":
          return saving === undefined ? Effect.void : saving.write(event.bytes)
        case "End": {
          const ended = saving
          saving = undefined
          saved ||= ended !== undefined
          return ended === undefined ? Effect.void : ended.close
        }
        case "Malformed":
          return badRequest(`invalid multipart form: ${event.message}`)
      }
    })
    if (!saved) return yield* badRequest("no file in the form")
  })
