/** The failures of the desktop: by code, which older daemons spell differently, or by message without one. */
import {
  AccessibilityActionUnsupported,
  type DesktopFailure,
  RecorderMissing,
  RecordingActive
} from "../../../../errors/daytona/computerUse.js"
import { classifyFailure, type DaemonError, withAdvice } from "../classifyFailure.js"

const failureOf = ({ code, detail, fields }: DaemonError): DesktopFailure | undefined => {
  switch (code) {
    case "ffmpeg_not_found":
    case "RECORDING_FFMPEG_NOT_FOUND":
      return new RecorderMissing(withAdvice(fields, "Install `ffmpeg` in the sandbox."))
    case "RECORDING_STILL_ACTIVE":
      return new RecordingActive(fields)
    case "A11Y_ACTION_NOT_SUPPORTED":
      return new AccessibilityActionUnsupported(fields)
    default:
      if (/action not supported/i.test(detail)) return new AccessibilityActionUnsupported(fields)
      return /still (active|recording|in progress)|active recording|recording is active/i.test(detail)
        ? new RecordingActive(fields)
        : undefined
  }
}

/** Narrows the errors of an operation to the failures of the desktop that are possible there. */
export const classifyDesktopFailure = classifyFailure<DesktopFailure>((error) => {
  const failure = failureOf(error)
  return failure === undefined ? [] : [failure]
})
