/** `sandbox stop`. */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Sandboxes, SandboxName } from "../../../daytona.js"
import { confirm } from "../../frame/confirm.js"
import * as Output from "../../frame/Output.js"
import { during } from "../../frame/Progress.js"
import { Shown, shownOf } from "./view.js"

/** What the options are read as. */
export interface Values {
  readonly names: ReadonlyArray<string>
  readonly timeout: Option.Option<Duration.Duration>
  readonly force: boolean
  readonly yes: boolean
}

export const run = ({ force, names, timeout, yes }: Values) =>
  Effect.gen(function* () {
    const sandboxes = yield* Sandboxes
    const refs = names.map((name) => SandboxName.make(name))
    const found = yield* during("Looking them up")(Effect.forEach(refs, sandboxes.get))
    const ephemeral = found.filter(({ autoDelete }) => autoDelete === "on-stop").map(({ name }) => name)
    if (ephemeral.length > 0) {
      yield* confirm(`Stop and thereby delete ${ephemeral.join(", ")}, with all files?`, { yes })
    }
    for (const name of refs) {
      const stopped = yield* sandboxes
        .stop(name, { force, timeout: Option.getOrUndefined(timeout) })
        .pipe(during(`Stopping ${name}`), Output.noteOnInterrupt(`Interrupted: ${name} may still stop.`))
      yield* Output.show(Shown, shownOf(stopped), () => `${stopped.name}\n`)
    }
  })
