/** What a terminal that reattaches emits. */
import * as Schema from "effect/Schema"
import { PtyDetached } from "../../../errors/daytona/pty.js"

/** An event of a terminal that reattaches. */
export const TerminalEvent = Schema.Union(
  Schema.TaggedStruct("Output", { bytes: Schema.Uint8ArrayFromBase64 }),
  /**
   * The connection was lost and is open again. Output from in between may be missing here: the daemon does not keep it.
   */
  Schema.TaggedStruct("Reattached", { cause: PtyDetached })
)
export type TerminalEvent = typeof TerminalEvent.Type
