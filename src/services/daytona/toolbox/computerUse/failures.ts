/** What the desktop of a sandbox objected to: by its code, which older daemons spell differently, else by its words. */
import {
  AccessibilityActionUnsupported,
  type DesktopFailure,
  RecorderMissing,
  RecordingActive
} from "../../../../errors/daytona/computerUse.js"
import { advised, classifier, type Told } from "../classifyFailure.js"

const reading = ({ code, fields, words }: Told): DesktopFailure | undefined => {
  switch (code) {
    case "ffmpeg_not_found":
    case "RECORDING_FFMPEG_NOT_FOUND":
      return new RecorderMissing(advised(fields, "Install `ffmpeg` in the sandbox."))
    case "RECORDING_STILL_ACTIVE":
      return new RecordingActive(fields)
    case "A11Y_ACTION_NOT_SUPPORTED":
      return new AccessibilityActionUnsupported(fields)
    default:
      if (/action not supported/i.test(words)) return new AccessibilityActionUnsupported(fields)
      return /still (active|recording|in progress)|active recording|recording is active/i.test(words)
        ? new RecordingActive(fields)
        : undefined
  }
}

/** Gives an operation those failures of the desktop that are possible there. */
export const failingWith = classifier<DesktopFailure>((told) => {
  const known = reading(told)
  return known === undefined ? [] : [known]
})
