/** What the methods of `Pty` take. */
import type * as Effect from "effect/Effect"
import type { InvalidRequest } from "../../../../errors/ApiError.js"
import * as Arguments from "../../../../internal/arguments.js"
import { withMethodSpans } from "../../../../internal/methodSpans.js"
import { commandOptions } from "../arguments.js"
import type { Pty } from "./Pty.js"

const { effect } = Arguments.methodsOf("daytona", "Pty")

const size = Arguments.struct({ columns: Arguments.count, rows: Arguments.count })
const options = Arguments.options({ ...commandOptions, id: Arguments.text, size })
const id = Arguments.text

/** What an attached terminal is sent. */
export const checkedSend = <E>(
  send: (input: string | Uint8Array) => Effect.Effect<void, E>
): ((input: string | Uint8Array) => Effect.Effect<void, E | InvalidRequest>) =>
  effect("attach", { input: Arguments.textOrBytes }, send)

export const checked = (methods: Pty.Service): Pty.Service =>
  withMethodSpans(
    "Daytona.Pty",
    {
      ...methods,
      scoped: effect("scoped", { options }, methods.scoped),
      createScoped: effect("createScoped", { options }, methods.createScoped),
      create: effect("create", { options }, methods.create),
      attach: effect("attach", { id }, methods.attach),
      attachPersistently: effect(
        "attachPersistently",
        { id, options: Arguments.options({ schedule: Arguments.schedule }) },
        methods.attachPersistently
      ),
      resize: effect("resize", { id, size }, methods.resize),
      kill: effect("kill", { id }, methods.kill)
    },
    ["scoped", "createScoped", "attach", "attachPersistently"]
  )
