/** Support for the tests of terminals. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as pty from "../../../../../src/embedded/daytona/toolbox/pty/routes.js"
import { type Area, accepted, area, type ClientSocket } from "../socketSupport.js"

export const old = { generation: "0.190" } as const
export const connected = '{"type":"control","status":"connected"}'
export const versionToken = "X-Daytona-SDK-Version~0.218.0"
export const exitControl = "X-Daytona-Pty-Exit-Control"

export const info = Schema.decodeUnknownSync(
  Schema.Struct({
    id: Schema.String,
    cwd: Schema.String,
    envs: Schema.Record({ key: Schema.String, value: Schema.String }),
    cols: Schema.Int,
    rows: Schema.Int,
    createdAt: Schema.String,
    active: Schema.Boolean,
    lazyStart: Schema.Boolean
  })
)

export const create = ({ call }: Area, more: Readonly<Record<string, unknown>> = {}) =>
  call("POST", "/process/pty", { id: "p", lazyStart: true, ...more })

export const connect = ({ open }: Area, options?: Parameters<Area["open"]>[1]) =>
  accepted(open("/process/pty/p/connect", options))

/** A terminal whose shell has just been started by this client. */
export const attached = (options: Parameters<typeof area>[1] = {}, more: Readonly<Record<string, unknown>> = {}) =>
  Effect.gen(function* () {
    const sandbox = yield* area(pty.make, options)
    yield* create(sandbox, more)
    const socket = yield* connect(sandbox)
    assert.strictEqual(yield* socket.next, connected)
    return { sandbox, socket }
  })

export const type = (socket: ClientSocket, line: string) => socket.send(`${line}\n`)
