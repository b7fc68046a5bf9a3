/** The endpoint that downloads a file. */
import { basename } from "node:path"
import * as Effect from "effect/Effect"
import type { Machine } from "../Machine.js"
import type { Handler } from "../Route.js"
import { fileNameParameters } from "./downloadHeaders.js"
import { openFile } from "./openFile.js"
import { serveContent } from "./serveContent.js"

/** `GET /files/download`: a file, or parts of it. */
export const download =
  (machine: Machine): Handler =>
  ({ headers, query }) =>
    Effect.gen(function* () {
      const path = query.get("path") ?? ""
      const file = yield* openFile(machine, path)
      return serveContent(headers, {
        contentType: "application/octet-stream",
        modifiedAt: file.stats.mtime,
        size: file.stats.size,
        bytes: ({ length, start }) => file.bytes(start, length),
        headers: { "content-disposition": `attachment; ${fileNameParameters(basename(path))}` }
      })
    })
