/** How many items a pool has. */
import * as Schema from "effect/Schema"

const fields = {
  /** All of them, including those that are being made or released. */
  size: Schema.Number,
  /** Those that are ready. */
  idle: Schema.Number,
  /** Those that are being made. */
  creating: Schema.Number,
  /** Those that were handed out. */
  inUse: Schema.Number,
  /** Callers that wait for one. */
  waiting: Schema.Number
}

/** The items of a pool, counted. */
export interface PoolStatus extends Schema.Struct.Type<typeof fields> {}
export const PoolStatus = Schema.Struct(fields)
