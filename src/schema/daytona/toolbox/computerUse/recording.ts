/** Recordings of the desktop. */
import * as Schema from "effect/Schema"
import { openLiteral } from "../../../openLiteral.js"
import { wireStruct } from "../../../wireStruct.js"

/** The id of a recording. */
export const RecordingId = Schema.String.pipe(Schema.brand("RecordingId"))
export type RecordingId = typeof RecordingId.Type

const recordingFields = {
  id: RecordingId,
  fileName: Schema.String,
  /** In the sandbox. */
  filePath: Schema.String,
  /** ISO 8601. After a restart of the daemon, the modification time of the file. */
  startTime: Schema.String,
  /** ISO 8601. */
  endTime: Schema.optional(Schema.String),
  status: openLiteral("recording", "completed", "failed"),
  /** Absent while recording, and after a restart of the daemon. */
  durationSeconds: Schema.optional(Schema.Number),
  sizeBytes: Schema.optional(Schema.Number)
}

/** A recording: an MP4 file with 30 frames per second. */
export interface Recording extends Schema.Struct.Type<typeof recordingFields> {}
export const Recording = wireStruct(recordingFields)

export const Recordings = wireStruct({ recordings: Schema.Array(Recording) }, { absent: { recordings: [] } })

const Label = Schema.String.pipe(
  Schema.pattern(/^(?!\.)[A-Za-z0-9 ._-]{1,100}$/, {
    message: () => "must be 1 to 100 letters, digits, spaces, `.`, `_` and `-`, and not begin with `.`"
  })
)

export const StartRecordingBody = wireStruct({ label: Schema.optional(Label) })
export const StopRecordingBody = wireStruct({ id: Schema.NonEmptyString })
