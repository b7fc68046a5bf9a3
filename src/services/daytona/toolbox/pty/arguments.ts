/** What the methods of `Pty` take. */
import type * as Effect from "effect/Effect"
import type { InvalidRequest } from "../../../../errors/ApiError.js"
import * as Arguments from "../../../../internal/arguments.js"
import { serviceMethods } from "../../../../internal/serviceMethods.js"
import { commandOptions } from "../arguments.js"

const { effect } = Arguments.methodsOf("daytona", "Pty")

const size = Arguments.struct({ columns: Arguments.count, rows: Arguments.count })
const options = Arguments.options({ ...commandOptions, id: Arguments.text, size })
const id = Arguments.text
const terminal = Arguments.textOr(Arguments.struct({ sandboxId: Arguments.text, id: Arguments.text }))

/** What an attached terminal is sent. */
export const checkedSend = <E>(
  send: (input: string | Uint8Array) => Effect.Effect<void, E>
): ((input: string | Uint8Array) => Effect.Effect<void, E | InvalidRequest>) =>
  effect("attach", { input: Arguments.textOrBytes }, send)

export const checked = serviceMethods("daytona", "Pty", {
  effects: {
    scoped: { options },
    createScoped: { options },
    create: { options },
    attach: { terminal },
    attachPersistently: { terminal, options: Arguments.options({ schedule: Arguments.schedule }) },
    resize: { id, size },
    kill: { id }
  },
  spans: ["scoped", "createScoped", "attach", "attachPersistently"]
})
