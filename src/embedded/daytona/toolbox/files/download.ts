/** The endpoint that downloads a file. */
import { basename } from "node:path"
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as daemonResponses from "../daemon/daemonResponses.js"
import type { Machine } from "../Machine.js"
import type { Handler } from "../Route.js"
import * as byteRanges from "./byteRanges.js"
import { fileNameParameters } from "./downloadHeaders.js"
import { openFile } from "./openFile.js"
import { evaluateRange, type Range } from "./rangeRequest.js"

const contentType = "application/octet-stream"

/** The older daemon has announced the file when it cannot open it. */
const unopened = (path: string) =>
  HttpServerResponse.text("404 page not found\n", {
    status: 404,
    contentType: "text/plain; charset=utf-8",
    headers: { "content-disposition": `attachment; ${fileNameParameters(basename(path))}` }
  })

/** `GET /files/download`: a file or a range of it. */
export const download =
  (machine: Machine): Handler =>
  ({ headers, query }) =>
    Effect.gen(function* () {
      const path = query.get("path") ?? ""
      const opened = yield* Effect.either(openFile(machine, path))
      if (Either.isLeft(opened)) return opened.left.code === "FILE_READ_FAILED" ? unopened(path) : yield* opened.left
      const file = opened.right
      const { mtime, size } = file.stats
      const about = {
        "last-modified": mtime.toUTCString(),
        "accept-ranges": "bytes",
        "content-disposition": `attachment; ${fileNameParameters(basename(path))}`
      }
      const answer = (
        status: number,
        { contentType, length, stream }: byteRanges.Content,
        more: Readonly<Record<string, string>> = {}
      ) =>
        HttpServerResponse.empty({ status, headers: { ...about, ...more } }).pipe(
          HttpServerResponse.setBody(HttpBody.stream(stream, contentType, length)),
          // The platform would omit a length of 0.
          HttpServerResponse.setHeader("content-length", `${length}`)
        )
      const content = (range: Range): byteRanges.Content => ({
        contentType,
        length: range.length,
        stream: file.bytes(range.start, range.length)
      })
      const part = evaluateRange(headers, size, mtime)
      switch (part._tag) {
        case "Whole":
          return answer(200, content({ start: 0, length: size }))
        case "Part":
          return answer(206, content(part.range), { "content-range": byteRanges.contentRange(part.range, size) })
        case "Parts":
          return answer(206, byteRanges.multipart(part.ranges, size, content))
        case "Unsatisfiable":
          return HttpServerResponse.text(`${part.reason}\n`, {
            status: 416,
            headers: part.contentRange === undefined ? {} : { "content-range": part.contentRange },
            contentType: "text/plain; charset=utf-8"
          })
        case "NotModified":
          return HttpServerResponse.empty({ status: 304, headers: about })
        case "PreconditionFailed":
          return daemonResponses.empty(412)
      }
    })
