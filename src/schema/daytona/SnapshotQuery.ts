/** Searching for snapshots. */
import * as Schema from "effect/Schema"
import { wireStruct } from "../wireStruct.js"
import { SandboxId } from "./Identifiers.js"
import { PageSize } from "./SandboxQuery.js"

const filterFields = {
  /** A substring of the name, case-insensitive. `total` may also count what `_` and `%` match as wildcards. */
  name: Schema.optional(Schema.String),
  /** The sandbox they were taken from. */
  sourceSandboxId: Schema.optional(SandboxId),
  /** Default `lastUsedAt`. General snapshots come last. */
  sort: Schema.optional(Schema.Literal("name", "state", "lastUsedAt", "createdAt")),
  /** Default `desc`. */
  order: Schema.optional(Schema.Literal("asc", "desc"))
}

/** Which snapshots to list, and in which order. */
export interface SnapshotFilter extends Schema.Struct.Type<typeof filterFields> {}

export const ListSnapshotsQuery = wireStruct({
  ...filterFields,
  /** From 1. */
  page: Schema.optional(Schema.Int.pipe(Schema.filter((page) => page >= 1 || "must be at least 1"))),
  limit: Schema.optional(PageSize)
})
