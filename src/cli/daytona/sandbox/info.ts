/** `sandbox info`. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { Sandboxes, SandboxName } from "../../../daytona.js"
import * as Output from "../../frame/Output.js"
import { during } from "../../frame/Progress.js"
import { Shown, sandboxText, shownOf } from "./view.js"

export const run = ({ name }: { readonly name: string }) =>
  Effect.gen(function* () {
    const sandboxes = yield* Sandboxes
    const found = yield* during(`Getting ${name}`)(sandboxes.get(SandboxName.make(name)))
    const now = yield* Clock.currentTimeMillis
    yield* Output.show(Shown, shownOf(found), (shown) => sandboxText(shown, now))
  })
