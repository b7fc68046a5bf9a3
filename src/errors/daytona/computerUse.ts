import { constant, requestFailureFields } from "../RequestFailure.js"
import { TaggedError } from "../TaggedError.js"

/** Recording the desktop needs `ffmpeg`, which is not installed in the sandbox. */
export class RecorderMissing extends TaggedError<RecorderMissing>("effect-sandboxes/RecorderMissing")(
  "RecorderMissing",
  { code: constant("RECORDER_MISSING"), ...requestFailureFields }
) {}

/** The recording is still running; stop it first. */
export class RecordingActive extends TaggedError<RecordingActive>("effect-sandboxes/RecordingActive")(
  "RecordingActive",
  { code: constant("RECORDING_ACTIVE"), ...requestFailureFields }
) {}

/** The accessibility node does not support the action. */
export class AccessibilityActionUnsupported extends TaggedError<AccessibilityActionUnsupported>(
  "effect-sandboxes/AccessibilityActionUnsupported"
)("AccessibilityActionUnsupported", {
  code: constant("ACCESSIBILITY_ACTION_UNSUPPORTED"),
  ...requestFailureFields
}) {}

/** The failures of the desktop, in addition to those of any request. */
export type DesktopFailure = RecorderMissing | RecordingActive | AccessibilityActionUnsupported
