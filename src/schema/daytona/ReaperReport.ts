/** What a reaper removes, as a report that can be stored and sent. */
import * as Schema from "effect/Schema"

const removalFields = {
  kind: Schema.Literal("sandbox", "volume", "snapshot"),
  id: Schema.String,
  name: Schema.String,
  /** The key that it was made with, if any. */
  key: Schema.optional(Schema.String),
  /** `past-until`: it was wanted until `since`. `unused`: it was last used at `since`. */
  why: Schema.Literal("past-until", "unused"),
  /** ISO 8601. */
  since: Schema.String,
  /**
   * - `planned`: it would be removed. Only in a plan.
   * - `removed`: the server accepted its deletion, and continues with it.
   * - `already-gone`: someone else removed it meanwhile, perhaps another reaper.
   * - `kept`: a second look showed that it is used again or no longer ours, or the server protects it.
   * - `failed`: see `detail`.
   */
  outcome: Schema.Literal("planned", "removed", "already-gone", "kept", "failed"),
  /** Why it was kept, or what failed. */
  detail: Schema.optional(Schema.String)
}

/** Something that a reaper removes, and what became of it. */
export interface Removal extends Schema.Struct.Type<typeof removalFields> {}
export const Removal = Schema.Struct(removalFields)

const reportFields = {
  /** Whose sandboxes, volumes and snapshots were looked at. */
  application: Schema.String,
  /** When it began, in ISO 8601, by the clock that ages were measured with. */
  startedAt: Schema.String,
  /** That clock: the server's, or our own where the server does not tell the time. */
  clock: Schema.Literal("server", "own"),
  /** How many of this application there were, by kind. `0` for a kind that was not asked for. */
  seen: Schema.Struct({ sandboxes: Schema.Number, volumes: Schema.Number, snapshots: Schema.Number }),
  removals: Schema.Array(Removal)
}

/** What a reaper would remove, or did. */
export interface ReaperReport extends Schema.Struct.Type<typeof reportFields> {}
export const ReaperReport = Schema.Struct(reportFields)
