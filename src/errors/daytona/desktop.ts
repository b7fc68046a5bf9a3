/** What the desktop of a sandbox objects to, beyond a wrong request. */
import * as Schema from "effect/Schema"
import { constant, requestFailureFields } from "../RequestFailure.js"

/** There is no `ffmpeg` in the sandbox, which records the desktop. */
export class RecorderMissing extends Schema.TaggedError<RecorderMissing>("effect-sandboxes/RecorderMissing")(
  "RecorderMissing",
  { code: constant("RECORDER_MISSING"), ...requestFailureFields }
) {}

/** The recording still goes on: stop it first. */
export class RecordingActive extends Schema.TaggedError<RecordingActive>("effect-sandboxes/RecordingActive")(
  "RecordingActive",
  { code: constant("RECORDING_ACTIVE"), ...requestFailureFields }
) {}

/** What stands for that node of the desktop cannot do what it was asked to do. */
export class AccessibilityActionUnsupported extends Schema.TaggedError<AccessibilityActionUnsupported>(
  "effect-sandboxes/AccessibilityActionUnsupported"
)("AccessibilityActionUnsupported", {
  code: constant("ACCESSIBILITY_ACTION_UNSUPPORTED"),
  ...requestFailureFields
}) {}

/** What the desktop can refuse beside what any request can meet. */
export type DesktopFailure = RecorderMissing | RecordingActive | AccessibilityActionUnsupported
