/** The endpoints of screen recordings. */
import { readFile, stat } from "node:fs/promises"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as responses from "../../http/responses.js"
import { serveContent } from "../files/serveContent.js"
import { text } from "../jsonBody.js"
import type { Machine } from "../Machine.js"
import { Refusal } from "../Refusal.js"
import type { DaemonRequest, Handler, Route } from "../Route.js"
import { bodyReader, refusal } from "./ComputerUse.js"
import type { Desktop } from "./Desktop.js"
import * as Recordings from "./Recordings.js"

const Stop = Schema.Struct({ id: text })

/** Screen recordings. They need ffmpeg but not the plugin; here a desktop stands in for ffmpeg. */
export const routes = (machine: Machine, desktop: Desktop | undefined): ReadonlyArray<Route> => {
  const isOld = machine.generation === "0.190"
  const recordings = Recordings.make(machine)

  const start: Handler = (request) =>
    Effect.gen(function* () {
      if (desktop === undefined) return yield* noFfmpeg(isOld)
      const label = labelIn(yield* request.json)
      if (label !== "" && !/^[A-Za-z0-9_ -][A-Za-z0-9._ -]{0,99}$/.test(label)) return yield* invalidLabel
      return responses.json(201, shown(yield* Effect.mapError(recordings.start(label, desktop), internal)))
    })

  const readStop = bodyReader(Stop)

  const stop: Handler = (request) =>
    Effect.gen(function* () {
      const { id } = yield* readStop(request)
      if (id === "") return yield* refusal(400, "id is required")
      const stopped = desktop === undefined ? undefined : yield* Effect.mapError(recordings.stop(id, desktop), internal)
      return stopped === undefined ? yield* unknown : responses.json(200, shown(stopped))
    })

  const list: Handler = () => Effect.map(recordings.all, (all) => responses.json(200, { recordings: all.map(shown) }))

  const found = (request: DaemonRequest) =>
    Effect.flatMap(recordings.all, (all) => {
      const recording = all.find(({ id }) => id === request.parameter("id"))
      return recording === undefined ? Effect.fail(unknown) : Effect.succeed(recording)
    })

  const get: Handler = (request) => Effect.map(found(request), (recording) => responses.json(200, shown(recording)))

  const download: Handler = (request) =>
    Effect.gen(function* () {
      const { filePath } = yield* found(request)
      const file = { try: () => Promise.all([readFile(filePath), stat(filePath)]), catch: internal }
      const [content, { mtime }] = yield* Effect.tryPromise(file)
      return serveContent(request.headers, {
        contentType: "video/mp4",
        modifiedAt: mtime,
        size: content.length,
        bytes: ({ length, start }) => Stream.make(content.subarray(start, start + length))
      })
    })

  const remove: Handler = (request) =>
    Effect.gen(function* () {
      const recording = yield* found(request)
      if (recording.status === "recording") {
        return yield* refusal(
          isOld ? 400 : 409,
          "cannot delete an active recording, stop it first",
          "RECORDING_STILL_ACTIVE"
        )
      }
      yield* Effect.mapError(recordings.remove(recording), internal)
      return responses.empty(204)
    })

  return [
    { method: "POST", path: "/computeruse/recordings/start", handler: start },
    { method: "POST", path: "/computeruse/recordings/stop", handler: stop },
    { method: "GET", path: "/computeruse/recordings", handler: list },
    { method: "GET", path: "/computeruse/recordings/{id}", handler: get },
    { method: "GET", path: "/computeruse/recordings/{id}/download", handler: download },
    { method: "DELETE", path: "/computeruse/recordings/{id}", handler: remove }
  ]
}

/** An unreadable body counts as one without a label. */
const labelIn = (json: unknown): string =>
  Predicate.hasProperty(json, "label") && typeof json.label === "string" ? json.label : ""

const shown = ({ endTime, startTime, ...recording }: Recordings.Recording) => ({
  ...recording,
  startTime: new Date(startTime).toISOString(),
  ...(endTime === undefined
    ? {}
    : { endTime: new Date(endTime).toISOString(), durationSeconds: (endTime - startTime) / 1000 })
})

const unknown = refusal(404, "recording not found")

const internal = (error: unknown): Refusal =>
  refusal(500, error instanceof Recordings.DiskFailed ? error.message : String(error))

const noFfmpeg = (isOld: boolean): Refusal => {
  const message = "FFmpeg must be installed and available in PATH to use screen recording"
  return new Refusal({
    status: isOld ? 400 : 503,
    message,
    old: { body: { error: "ffmpeg_not_found", message } },
    code: "RECORDING_FFMPEG_NOT_FOUND"
  })
}

const labelRule =
  "label must be 1 to 100 letters, digits, spaces, dots, underscores or hyphens, and not begin with a dot"

const invalidLabel = new Refusal({
  status: 400,
  message: labelRule,
  old: { body: { error: "invalid_label", message: labelRule } }
})
