/** Terminals: a shell each, that somebody can type into and look at. */
import * as Schema from "effect/Schema"
import { wireStruct } from "../../wireStruct.js"
import { EnvironmentVariables } from "./Workspace.js"

/** What a terminal is called: chosen by whoever makes it, unique in its sandbox. */
export const PtyId = Schema.String.pipe(Schema.brand("PtyId"))
export type PtyId = typeof PtyId.Type

/** The daemon takes 0 as well, and makes a window of it that nothing can be shown in. */
const Extent = Schema.Number.pipe(
  Schema.filter((extent) => Number.isInteger(extent) && extent >= 1 && extent <= 1000, {
    message: () => "must be a whole number from 1 to 1000"
  })
)

const sizeFields = { columns: Extent, rows: Extent }
const sizeNames = { columns: "cols" } as const

/** How many characters a terminal is wide and high: 1 to 1000 each. */
export interface PtySize extends Schema.Struct.Type<typeof sizeFields> {}
export const PtySize = wireStruct(sizeFields, { wireNames: sizeNames })

export const CreatePty = wireStruct(
  {
    // No part of a path ends in these, so that the terminal could never be asked for again.
    id: PtyId.pipe(
      Schema.filter((id) => !/^\.{0,2}$|\//.test(id), {
        message: () => 'must be no empty text, neither "." nor "..", and without "/"'
      })
    ),
    cwd: Schema.optional(Schema.String),
    env: Schema.optional(EnvironmentVariables),
    columns: Schema.optional(Extent),
    rows: Schema.optional(Extent),
    lazyStart: Schema.Boolean
  },
  { wireNames: { ...sizeNames, env: "envs" } }
)

const sessionFields = {
  id: PtyId,
  /** The directory that its shell began in. */
  cwd: Schema.String,
  /** What was added to the environment of its shell. */
  env: Schema.Record({ key: Schema.String, value: Schema.Redacted(Schema.String) }),
  columns: Schema.Number,
  rows: Schema.Number,
  /** ISO 8601. */
  createdAt: Schema.String,
  /** Whether its shell runs. What has ended is not listed, so this is `false` before somebody is attached for the first time. */
  active: Schema.Boolean,
  /** Its shell starts, or was started, when somebody is attached for the first time. */
  lazyStart: Schema.Boolean
}

/** A terminal. */
export interface PtySession extends Schema.Struct.Type<typeof sessionFields> {}
export const PtySession = wireStruct(sessionFields, {
  wireNames: { ...sizeNames, env: "envs" },
  absent: { env: {}, active: false, lazyStart: false }
})

export const PtyList = wireStruct({ sessions: Schema.Array(PtySession) }, { absent: { sessions: [] } })

const exitFields = {
  /** 137 also for one that was killed; −1 for a shell that was ended by a signal otherwise. */
  exitCode: Schema.Number,
  /** The daemon's word for a code other than 0: `Ctrl+C`, `SIGKILL`, `SIGTERM`, `signal 6`, `non-zero exit`. */
  reason: Schema.optional(Schema.String)
}

/** How the shell of a terminal ended. */
export interface PtyExit extends Schema.Struct.Type<typeof exitFields> {}
export const PtyExit = wireStruct(exitFields, { wireNames: { reason: "exitReason" } })

/** What the daemon says beside the output. */
export const PtyControl = wireStruct({
  /** `control`, so far. */
  type: Schema.String,
  status: Schema.optional(Schema.String),
  error: Schema.optional(Schema.String),
  exitCode: Schema.optional(Schema.Number),
  exitReason: Schema.optional(Schema.String)
})
