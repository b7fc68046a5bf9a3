/** Recordings of the desktop. They need only `ffmpeg` and a display in the sandbox. */
import * as Effect from "effect/Effect"
import * as Order from "effect/Order"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { type ApiError, NotFound, type StreamInterrupted, type Timeout } from "../../../../errors/ApiError.js"
import type { RecorderMissing, RecordingActive } from "../../../../errors/daytona/computerUse.js"
import * as Arguments from "../../../../internal/arguments.js"
import { streamInterrupted } from "../../../../internal/failure.js"
import * as Operation from "../../../../internal/Operation.js"
import {
  Recording,
  type RecordingId,
  Recordings as RecordingList,
  StartRecordingBody,
  StopRecordingBody
} from "../../../../schema/daytona/toolbox/computerUse/recording.js"
import { declaredLength, exactLength } from "../../../../stream/exactLength.js"
import type { Toolbox } from "../Toolbox.js"
import { classifyDesktopFailure } from "./failures.js"

export interface Recordings {
  /**
   * Starts a recording, which runs until `stop` or until the sandbox stops. Fails with `RecorderMissing` when `ffmpeg`
   * is not installed. Start the desktop first: without a display the daemon reports success, and `stop` then fails with
   * `NotFound`. `POST /computeruse/recordings/start`
   */
  readonly start: (options?: {
    /** Part of the file name: 1 to 100 letters, digits, spaces, `.`, `_` and `-`, not beginning with `.`. */
    readonly label?: string | undefined
  }) => Effect.Effect<Recording, ApiError | RecorderMissing>
  /** Stops a recording, which takes up to 10 seconds. Fails with `NotFound`. `POST /computeruse/recordings/stop` */
  readonly stop: (recording: RecordingId) => Effect.Effect<Recording, ApiError | NotFound>
  /**
   * All recordings, oldest first. One that has been stopped may come without its duration, which `stop` returns.
   * `GET /computeruse/recordings`
   */
  readonly list: Effect.Effect<ReadonlyArray<Recording>, ApiError>
  /** One recording. Fails with `NotFound`. `GET /computeruse/recordings/{id}` */
  readonly get: (recording: RecordingId) => Effect.Effect<Recording, ApiError | NotFound>
  /**
   * The MP4 file as a stream. Fails with `StreamInterrupted` when not all of it arrives. Stop the recording first:
   * until then the file is incomplete. `GET /computeruse/recordings/{id}/download`
   */
  readonly download: (
    recording: RecordingId
  ) => Stream.Stream<Uint8Array, ApiError | NotFound | StreamInterrupted | Timeout>
  /**
   * Deletes a recording and its file. Fails with `RecordingActive` while it is running.
   * `DELETE /computeruse/recordings/{id}`
   */
  readonly delete: (recording: RecordingId) => Effect.Effect<void, ApiError | NotFound | RecordingActive>
}

const all = "/computeruse/recordings"
const one = `${all}/{id}` as const
const fails = [NotFound] as const

export const operations = {
  start: Operation.make("ComputerUse.recordings.start", "POST", `${all}/start`, {
    body: StartRecordingBody,
    success: Recording
  }),
  stop: Operation.make("ComputerUse.recordings.stop", "POST", `${all}/stop`, {
    body: StopRecordingBody,
    success: Recording,
    fails
  }),
  list: Operation.make("ComputerUse.recordings.list", "GET", all, { success: RecordingList }),
  get: Operation.make("ComputerUse.recordings.get", "GET", one, { success: Recording, fails }),
  download: Operation.make("ComputerUse.recordings.download", "GET", `${one}/download`, {
    success: Schema.Void,
    fails
  }),
  delete: Operation.make("ComputerUse.recordings.delete", "DELETE", one, { success: Schema.Void, fails })
}

const byStart = Order.mapInput(Order.string, ({ startTime }: Recording) => startTime)

const { effect } = Arguments.methodsOf("daytona", "ComputerUse.recordings")

const checked = (methods: Recordings): Recordings => ({
  ...methods,
  start: effect("start", { options: Arguments.options({ label: Arguments.text }) }, methods.start)
})

export const make = (toolbox: Toolbox.Service): Recordings => {
  const get: Recordings["get"] = (id) => toolbox.call(operations.get, { path: { id } })
  return checked({
    get,
    start: ({ label } = {}) =>
      toolbox.call(operations.start, { body: { label } }).pipe(classifyDesktopFailure("RecorderMissing")),
    stop: (id) => toolbox.call(operations.stop, { body: { id }, subject: id }),
    list: Effect.map(toolbox.call(operations.list), ({ recordings }) => [...recordings].sort(byStart)),
    download: (id) =>
      toolbox.stream(operations.download, { path: { id } }, ({ bytes, context, headers }) => {
        const whole = (length: number | undefined) =>
          length === undefined
            ? Stream.concat(bytes, Stream.fail(streamInterrupted(context, "its length is unknown")))
            : exactLength(length, (received) => streamInterrupted(context, `${received} of ${length} bytes arrived`))(
                bytes
              )
        const length = declaredLength(headers)
        // A proxy may send it chunked or compressed; then only the daemon knows the length.
        return length === undefined
          ? Stream.unwrap(Effect.map(get(id), ({ sizeBytes }) => whole(sizeBytes)))
          : whole(length)
      }),
    delete: (id) => toolbox.call(operations.delete, { path: { id } }).pipe(classifyDesktopFailure("RecordingActive"))
  })
}
