/** What snapshots can be looked for by. */
import * as Schema from "effect/Schema"
import { wireStruct } from "../wireStruct.js"
import { SandboxId } from "./Identifiers.js"
import { PageSize } from "./SandboxQuery.js"

const queryFields = {
  /** A part of the name, in any case. */
  name: Schema.optional(Schema.String),
  /** The sandbox that they were taken from. */
  sourceSandboxId: Schema.optional(SandboxId),
  /** Default `lastUsedAt`. Those for everybody come last. */
  sort: Schema.optional(Schema.Literal("name", "state", "lastUsedAt", "createdAt")),
  /** Default `desc`. */
  order: Schema.optional(Schema.Literal("asc", "desc"))
}

/** Which snapshots to list, and in which order. */
export interface SnapshotFilter extends Schema.Struct.Type<typeof queryFields> {}
/** Which snapshots to list, and which page of them. */
export const ListSnapshotsQuery = wireStruct({
  ...queryFields,
  /** From 1. */
  page: Schema.optional(Schema.Int.pipe(Schema.filter((page) => page >= 1 || "must be at least 1"))),
  limit: Schema.optional(PageSize)
})
