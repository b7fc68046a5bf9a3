/** What the methods of `Pty` take. */
import * as Arguments from "../../../../internal/arguments.js"
import { commandOptions } from "../arguments.js"
import type { Pty } from "./Pty.js"

const { effect } = Arguments.methodsOf("daytona", "Pty")

const size = Arguments.struct({ columns: Arguments.count, rows: Arguments.count })
const options = Arguments.options({ ...commandOptions, id: Arguments.text, size })
const id = Arguments.text
const terminal = Arguments.textOr(Arguments.struct({ sandboxId: Arguments.text, id: Arguments.text }))

export const checked = (methods: Pty.Service): Pty.Service => ({
  ...methods,
  scoped: effect("scoped", { options }, methods.scoped),
  createScoped: effect("createScoped", { options }, methods.createScoped),
  create: effect("create", { options }, methods.create),
  attach: effect("attach", { terminal }, methods.attach),
  attachPersistently: effect(
    "attachPersistently",
    { terminal, options: Arguments.options({ schedule: Arguments.schedule }) },
    methods.attachPersistently
  ),
  resize: effect("resize", { id, size }, methods.resize),
  kill: effect("kill", { id }, methods.kill)
})
