/** Searching for sandboxes: filters, and the lists that are returned. */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { readableElements, wireStruct } from "../wireStruct.js"
import { RegionId } from "./Identifiers.js"
import { Cores, SandboxClass } from "./Resources.js"
import { Sandbox, SandboxListItem, SandboxState } from "./Sandbox.js"

const isInstant = (value: unknown): value is DateTime.DateTime.Input =>
  typeof value === "string" || typeof value === "number" || value instanceof Date || DateTime.isDateTime(value)

/** A date and time, sent as ISO 8601. */
export const Instant: Schema.Schema<DateTime.DateTime.Input, string> = Schema.transformOrFail(
  Schema.String,
  Schema.declare(isInstant, { identifier: "a date and time: a DateTime, a Date, or an ISO 8601 string" }),
  {
    strict: true,
    decode: (text) => ParseResult.succeed(text),
    encode: (input, _, ast) =>
      Option.match(DateTime.make(input), {
        onNone: () => ParseResult.fail(new ParseResult.Type(ast, input, "must be a valid date and time")),
        onSome: (moment) => ParseResult.succeed(DateTime.formatIso(moment))
      })
  }
)

const Labels = Schema.parseJson(Schema.Record({ key: Schema.String, value: Schema.String }))

/** The largest page that the server returns. */
export const maxPageSize = 200

export const PageSize = Schema.Int.pipe(
  Schema.filter((limit) => (limit >= 1 && limit <= maxPageSize) || `must be 1 to ${maxPageSize}`)
)

const Gibibytes = Schema.Int.pipe(Schema.filter((value) => value >= 1 || "must be at least 1"))

const filterFields = {
  /** The beginning of the id, case-insensitive. */
  id: Schema.optional(Schema.String),
  /** The beginning of the name, case-insensitive. */
  name: Schema.optional(Schema.String),
  /** Labels that the sandbox must have; it may have others too. */
  labels: Schema.optional(Labels),
  /** `destroyed` cannot be searched for. */
  states: Schema.optional(Schema.Array(SandboxState)),
  snapshots: Schema.optional(Schema.Array(Schema.String)),
  /** Regions. */
  targets: Schema.optional(Schema.Array(RegionId)),
  sandboxClasses: Schema.optional(Schema.Array(SandboxClass)),
  minCpu: Schema.optional(Cores),
  maxCpu: Schema.optional(Cores),
  minMemoryGiB: Schema.optional(Gibibytes),
  maxMemoryGiB: Schema.optional(Gibibytes),
  minDiskGiB: Schema.optional(Gibibytes),
  maxDiskGiB: Schema.optional(Gibibytes),
  isPublic: Schema.optional(Schema.Boolean),
  isRecoverable: Schema.optional(Schema.Boolean),
  /** Include those whose deletion failed; default `false`. */
  includeErroredDeleted: Schema.optional(Schema.Boolean),
  /** Include those waiting in warm pools; default `false`. */
  includeWarm: Schema.optional(Schema.Boolean),
  createdAfter: Schema.optional(Instant),
  createdBefore: Schema.optional(Instant),
  lastActivityAfter: Schema.optional(Instant),
  lastActivityBefore: Schema.optional(Instant),
  /** Recent servers only: older ones ignore it. */
  autoDestroyAfter: Schema.optional(Instant),
  /** Recent servers only: older ones ignore it. */
  autoDestroyBefore: Schema.optional(Instant),
  /** Default `lastActivityAt`. */
  sort: Schema.optional(Schema.Literal("name", "cpu", "memoryGib", "diskGib", "lastActivityAt", "createdAt")),
  /** Default `desc`. */
  order: Schema.optional(Schema.Literal("asc", "desc"))
}

/** Which sandboxes to list, and in which order; default: all that are not destroyed. */
export interface SandboxFilter extends Schema.Struct.Type<typeof filterFields> {}

export const ListSandboxesQuery = wireStruct(
  { ...filterFields, cursor: Schema.optional(Schema.String), limit: Schema.optional(PageSize) },
  {
    wireNames: {
      targets: "regionIds",
      createdAfter: "createdAtAfter",
      createdBefore: "createdAtBefore",
      lastActivityAfter: "lastEventAfter",
      lastActivityBefore: "lastEventBefore",
      autoDestroyAfter: "autoDestroyAtAfter",
      autoDestroyBefore: "autoDestroyAtBefore"
    }
  }
)

export const SandboxList = readableElements(Sandbox)

export const SandboxPageResponse = wireStruct({
  items: readableElements(SandboxListItem),
  nextCursor: Schema.optional(Schema.String)
})
