/** A machine with one session `s`, and requests to it. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as sessions from "../../../../../src/embedded/daytona/toolbox/sessions/routes.js"
import { type Area, area, eventually } from "../socketSupport.js"

export const old = { generation: "0.190" } as const

export const begin = (options: Parameters<typeof area>[1] = {}, own: Parameters<typeof sessions.make>[1] = {}) =>
  Effect.tap(
    area((machine) => sessions.make(machine, { grace: "2 seconds", ...own }), options),
    ({ call }) => call("POST", "/process/session", { sessionId: "s" })
  )

const Log = Schema.Struct({
  output: Schema.NullOr(Schema.String),
  stdout: Schema.NullOr(Schema.String),
  stderr: Schema.NullOr(Schema.String)
})
export const log = Schema.decodeUnknownSync(Log)
export const executed = Schema.decodeUnknownSync(
  Schema.Struct({ cmdId: Schema.UUID, ...Log.fields, exitCode: Schema.NullOr(Schema.Int) })
)
export const command = Schema.decodeUnknownSync(
  Schema.Struct({ id: Schema.String, command: Schema.String, exitCode: Schema.optional(Schema.Int) })
)

export const exec = ({ call }: Area, text: string, more: Readonly<Record<string, unknown>> = {}) =>
  call("POST", "/process/session/s/exec", { command: text, ...more })

/** Starts a command without waiting for it, and returns its id. */
export const start = (sandbox: Area, text: string, more: Readonly<Record<string, unknown>> = {}) =>
  Effect.map(exec(sandbox, text, { runAsync: true, ...more }), ({ json }) => executed(json).cmdId)

export const commandOf = ({ call }: Area, id: string) => call("GET", `/process/session/s/command/${id}`)
export const logOf = ({ call }: Area, id: string) =>
  Effect.map(call("GET", `/process/session/s/command/${id}/logs`), ({ json }) => log(json))
export const input = ({ call }: Area, id: string, data: unknown) =>
  call("POST", `/process/session/s/command/${id}/input`, { data })

/** The exit code, once there is one. */
export const ended = (sandbox: Area, id: string) =>
  Effect.map(
    eventually(
      Effect.map(commandOf(sandbox, id), ({ json }) => command(json)),
      ({ exitCode }) => exitCode !== undefined
    ),
    ({ exitCode }) => exitCode
  )
