/** The endpoint that downloads several files at once. */
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import type { ConnectionFault } from "../../../ConnectionFault.js"
import type { Machine } from "../Machine.js"
import { Refusal } from "../Refusal.js"
import type { DaemonRequest, Handler } from "../Route.js"
import { contentTypeOf, fileNameParameters } from "./downloadHeaders.js"
import { openFile } from "./openFile.js"

/** The daemon always uses this boundary, whatever the files contain. */
const boundary = "DAYTONA-FILE-BOUNDARY"

/** `POST /files/bulk-download`: several files, or their errors, as the parts of one body. */
export const bulkDownload =
  (machine: Machine): Handler =>
  (request) =>
    Effect.gen(function* () {
      const body = yield* request.json
      const paths = Predicate.isRecord(body) ? body["paths"] : undefined
      if (!isPaths(paths)) return yield* unreadable(machine, "invalid request body: expected paths")
      if (paths.length === 0) {
        const message = 'request body must be {"paths": [ ... ]} and non-empty'
        return yield* new Refusal({ status: 400, message, old: { body: { error: message } } })
      }
      const parts = Stream.concat(
        Stream.flatMap(Stream.zipWithIndex(Stream.fromIterable(paths)), ([path, index]) =>
          part(machine, path, request, `${index === 0 ? "" : "\r\n"}--${boundary}`)
        ),
        text(`\r\n--${boundary}--\r\n`)
      )
      return HttpServerResponse.raw(null).pipe(
        HttpServerResponse.setBody(HttpBody.stream(parts, `multipart/form-data; boundary=${boundary}`))
      )
    })

const isPaths = (value: unknown): value is ReadonlyArray<string> =>
  Array.isArray(value) && value.every(Predicate.isString)

// The older daemon responds to an unreadable body with JSON labelled as plain text.
const unreadable = (machine: Machine, message: string) =>
  machine.generation === "current"
    ? new Refusal({ status: 400, message, old: "error" })
    : Effect.succeed(
        HttpServerResponse.text(JSON.stringify({ error: message }), {
          status: 400,
          contentType: "text/plain; charset=utf-8"
        })
      )

type Bytes = Stream.Stream<Uint8Array, ConnectionFault>

/** The delimiter before a part is sent when its file has been opened. */
const part = (machine: Machine, path: string, request: DaemonRequest, delimiter: string): Bytes =>
  Stream.unwrapScoped(
    openFile(machine, path).pipe(
      Effect.map(({ bytes, stats }): Bytes => {
        const head = [
          delimiter,
          `Content-Disposition: form-data; name="file"; ${fileNameParameters(path)}`,
          `Content-Length: ${stats.size}`,
          `Content-Type: ${contentTypeOf(path)}`
        ]
        // The length is that of the moment when the file was opened, and the content whatever there is to read.
        return Stream.concat(latin1(`${head.join("\r\n")}\r\n\r\n`), bytes(0, Number.POSITIVE_INFINITY))
      }),
      Effect.catchAll((refusal) => {
        const isMissing = refusal.code === "FILE_NOT_FOUND" && machine.generation === "0.190"
        const message = isMissing ? `file not found: ${path}` : refusal.message
        return errorPart(path, { ...refusal, message }, request, delimiter)
      })
    )
  )

const errorPart = (
  path: string,
  refusal: Pick<Refusal, "code" | "message" | "status">,
  { method }: DaemonRequest,
  delimiter: string
): Effect.Effect<Bytes> =>
  Effect.map(Clock.currentTimeMillis, (now) => {
    const head = [
      delimiter,
      `Content-Disposition: form-data; name="error"; ${fileNameParameters(path)}`,
      "Content-Type: application/json; charset=utf-8"
    ]
    const body = {
      statusCode: refusal.status,
      message: refusal.message,
      code: refusal.code,
      timestamp: new Date(now).toISOString(),
      path,
      method
    }
    return Stream.concat(latin1(`${head.join("\r\n")}\r\n\r\n`), text(JSON.stringify(body)))
  })

const text = (content: string): Bytes => Stream.make(new TextEncoder().encode(content))

const latin1 = (content: string): Bytes => Stream.make(new Uint8Array(Buffer.from(content, "latin1")))
