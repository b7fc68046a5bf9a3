/** The endpoint that downloads a file. */
import { basename } from "node:path"
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as daemonResponses from "../daemon/daemonResponses.js"
import type { Machine } from "../Machine.js"
import type { Handler } from "../Route.js"
import * as byteRanges from "./byteRanges.js"
import { fileNameParameters } from "./downloadHeaders.js"
import { openFile } from "./openFile.js"
import { evaluateRange, type Range } from "./rangeRequest.js"

const contentType = "application/octet-stream"

/** `GET /files/download`: a file or a range of it. */
export const download =
  (machine: Machine): Handler =>
  ({ headers, query }) =>
    Effect.gen(function* () {
      const path = query.get("path") ?? ""
      const file = yield* openFile(machine, path)
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
