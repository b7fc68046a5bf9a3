/** Support for the tests of the code interpreter. */
import { execFileSync } from "node:child_process"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { type Area, accepted } from "../socketSupport.js"

export const hasPython = Option.isSome(Option.liftThrowable(execFileSync)("python3", ["--version"]))
export const path = "/process/interpreter/execute"

const Frame = Schema.parseJson(
  Schema.Struct({
    type: Schema.String,
    text: Schema.String,
    name: Schema.String,
    value: Schema.String,
    traceback: Schema.String
  })
)
export const frame = Schema.decodeUnknownSync(Frame, { onExcessProperty: "error" })
const context = Schema.decodeUnknownSync(
  Schema.Struct({
    id: Schema.UUID,
    cwd: Schema.String,
    createdAt: Schema.String,
    active: Schema.Literal(true),
    language: Schema.Literal("python")
  })
)

/** Starts a run and collects its messages. */
export const begin = ({ open }: Area, request: unknown) =>
  Effect.gen(function* () {
    const socket = yield* accepted(open(path))
    yield* socket.send(typeof request === "string" ? request : JSON.stringify(request))
    return socket
  })

export const run = (sandbox: Area, request: unknown) =>
  Effect.gen(function* () {
    const socket = yield* begin(sandbox, request)
    const { end, messages } = yield* socket.rest
    const frames = messages.map((message) => frame(message))
    const textOf = (type: string) => frames.flatMap((one) => (one.type === type ? [one.text] : [])).join("")
    return { end, frames, out: textOf("stdout"), err: textOf("stderr"), control: textOf("control") }
  })

export const createContext = ({ call }: Area, body: unknown = {}) =>
  Effect.map(call("POST", "/process/interpreter/context", body), ({ json }) => context(json))

export const finished = { code: 1000, reason: "" }
export const timedOut = { code: 4008, reason: "" }
