/** What happens while a snapshot is created. */
import * as Schema from "effect/Schema"
import { ApiError, NotFound, StreamInterrupted } from "../../errors/ApiError.js"
import { Snapshot } from "./Snapshot.js"

/** The progress of the creation of a snapshot, in this order. */
export const SnapshotEvent = Schema.Union(
  /** The server has accepted the request; the snapshot can be looked up by its id from now on. */
  Schema.TaggedStruct("Created", { snapshot: Snapshot }),
  /** A line of the build log. */
  Schema.TaggedStruct("Log", { line: Schema.String }),
  /** The log, or the rest of it, cannot be read. The wait for the snapshot continues. */
  Schema.TaggedStruct("LogUnavailable", { error: Schema.Union(...ApiError.members, NotFound, StreamInterrupted) }),
  /** The snapshot is active. This is the last event. */
  Schema.TaggedStruct("Active", { snapshot: Snapshot })
)
export type SnapshotEvent = typeof SnapshotEvent.Type
