/** Reads with our schema what the CLI printed. */
import * as Option from "effect/Option"
import { ClaudeMessage } from "effect-sandboxes/stromboli"
import { optionOf, type Recording } from "../cli/Recordings.js"
import { kindOf, unknownIn } from "./lineKind.js"

/** A line that is a message, and what of it is not known. */
export interface InspectedLine {
  readonly kind: string
  readonly line: string
  readonly unknown: ReadonlyArray<string>
}

/** The lines that are messages. Processes that were told to print text print none. */
export const inspect = (recording: Recording): ReadonlyArray<InspectedLine> =>
  Option.getOrElse(optionOf(recording, "--output-format"), () => "text") === "text"
    ? []
    : recording.lines.map((line) => ({ kind: kindOf(line), line, unknown: unknownIn(ClaudeMessage.fromLine(line)) }))
