/** The endpoint that downloads a file. */
import { basename } from "node:path"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
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
      const about = { "content-disposition": `attachment; ${fileNameParameters(basename(path))}` }
      const opened = yield* Effect.either(openFile(machine, path))
      if (Either.isLeft(opened)) return opened.left.code === "FILE_READ_FAILED" ? unopened(about) : yield* opened.left
      const { bytes, stats } = opened.right
      return serveContent(headers, {
        contentType: "application/octet-stream",
        modifiedAt: stats.mtime,
        size: stats.size,
        bytes: ({ length, start }) => bytes(start, length),
        headers: about
      })
    })

/** The older daemon has announced the file when it cannot open it. */
const unopened = (headers: Readonly<Record<string, string>>) =>
  HttpServerResponse.text("404 page not found\n", {
    status: 404,
    contentType: "text/plain; charset=utf-8",
    headers
  })
