/** `kill`. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Output from "../../frame/Output.js"
import { during } from "../../frame/Progress.js"
import { connect } from "../connect.js"
import { parseCommandId } from "./commandId.js"

const Killed = Schema.Struct({ command: Schema.String })

export const run = (values: { readonly name: string; readonly command: string }) =>
  Effect.gen(function* () {
    const reference = yield* parseCommandId(values.command)
    const { id, process } = yield* connect(values.name)
    const { kill } = yield* process.connect({ sandboxId: id, ...reference })
    yield* during(`Killing ${values.command}`)(kill)
    yield* Output.show(Killed, { command: values.command }, ({ command }) => `${command}\n`)
  })
