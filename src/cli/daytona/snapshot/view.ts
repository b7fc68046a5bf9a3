/** A snapshot as the commands show it. */
import * as Schema from "effect/Schema"
import type { Snapshot } from "../../../daytona.js"
import { cyan, dim, green, red, type Text } from "../../frame/text.js"

const text = Schema.optional(Schema.String)

const fields = {
  id: Schema.String,
  name: Schema.String,
  state: Schema.String,
  /** Why its state is `error` or `build_failed`. */
  errorReason: text,
  /** Whether every organization has it. */
  general: Schema.Boolean,
  imageName: text,
  /** GB. */
  size: Schema.optional(Schema.Number),
  /** Cores of its sandboxes. */
  cpu: Schema.Number,
  /** GiB of its sandboxes. */
  memory: Schema.Number,
  /** GiB of its sandboxes. */
  disk: Schema.Number,
  gpu: Schema.Number,
  /** ISO 8601, as is the one below. */
  createdAt: Schema.String,
  lastUsedAt: text
}

/** A snapshot as the commands show it. */
export interface Shown extends Schema.Struct.Type<typeof fields> {}
export const Shown = Schema.Struct(fields)

/** What is shown of a snapshot. */
export const shownOf = (snapshot: Snapshot.Snapshot): Shown => ({
  id: snapshot.id,
  name: snapshot.name,
  state: snapshot.state,
  errorReason: snapshot.errorReason,
  general: snapshot.general,
  imageName: snapshot.imageName,
  size: snapshot.size,
  cpu: snapshot.cpu,
  memory: snapshot.memory,
  disk: snapshot.disk,
  gpu: snapshot.gpu,
  createdAt: snapshot.createdAt,
  lastUsedAt: snapshot.lastUsedAt
})

/** The state, in the colour of how well it is. */
export const stateText = ({ state }: Shown): Text => {
  if (state === "active") return green(state)
  if (state === "error" || state === "build_failed") return red(state)
  return state === "inactive" ? dim(state) : cyan(state)
}
