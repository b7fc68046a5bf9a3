/** Terminals: interactive shells. */
import * as Schema from "effect/Schema"
import { wireStruct } from "../../wireStruct.js"
import { EnvironmentVariables } from "./Workspace.js"

/** The name of a terminal: chosen by its creator, unique in its sandbox. */
export const PtyId = Schema.String.pipe(Schema.brand("PtyId"))
export type PtyId = typeof PtyId.Type

/** The daemon also accepts 0, for a window that can show nothing. */
const Extent = Schema.Number.pipe(
  Schema.filter((extent) => Number.isInteger(extent) && extent >= 1 && extent <= 1000, {
    message: () => "must be an integer from 1 to 1000",
    arbitrary: () => (fc) => fc.integer({ min: 1, max: 1000 })
  })
)

const sizeFields = { columns: Extent, rows: Extent }
const sizeNames = { columns: "cols" } as const

/** The size of a terminal in characters: 1 to 1000 each. */
export interface PtySize extends Schema.Struct.Type<typeof sizeFields> {}
export const PtySize = wireStruct(sizeFields, { wireNames: sizeNames })

export const CreatePty = wireStruct(
  {
    // These are not possible as a segment of a URL path, so the terminal could never be found again.
    id: PtyId.pipe(
      Schema.filter((id) => !/^\.{0,2}$|\//.test(id), {
        message: () => 'must not be empty, "." or "..", or contain "/"'
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
  /** The initial directory of its shell. */
  cwd: Schema.String,
  /** The variables that were added to the environment of its shell. */
  env: Schema.Record({ key: Schema.String, value: Schema.Redacted(Schema.String) }),
  columns: Schema.Number,
  rows: Schema.Number,
  /** ISO 8601. */
  createdAt: Schema.String,
  /** Whether its shell runs: `false` before the first attachment. Terminals that have ended are not listed. */
  active: Schema.Boolean,
  /** Whether its shell starts with the first attachment. */
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
  /** 137 after `kill`; −1 for a shell that was ended by another signal, and now and then after `kill`. */
  exitCode: Schema.Number,
  /** The daemon's description of a non-zero exit code: `Ctrl+C`, `SIGKILL`, `SIGTERM`, `signal 6`, `non-zero exit`. */
  reason: Schema.optional(Schema.String)
}

/** How the shell of a terminal ended. */
export interface PtyExit extends Schema.Struct.Type<typeof exitFields> {}
export const PtyExit = wireStruct(exitFields, { wireNames: { reason: "exitReason" } })

/** A control message of the daemon. */
export const PtyControl = wireStruct({
  /** So far always `control`. */
  type: Schema.String,
  status: Schema.optional(Schema.String),
  error: Schema.optional(Schema.String),
  exitCode: Schema.optional(Schema.Number),
  exitReason: Schema.optional(Schema.String)
})
