/** `sandbox start`. */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Sandboxes, SandboxName } from "../../../daytona.js"
import * as Output from "../../frame/Output.js"
import { during } from "../../frame/Progress.js"
import { Shown, shownOf } from "./view.js"

/** What the options are read as. */
export interface Values {
  readonly names: ReadonlyArray<string>
  readonly timeout: Option.Option<Duration.Duration>
}

export const run = ({ names, timeout }: Values) =>
  Effect.gen(function* () {
    const sandboxes = yield* Sandboxes
    for (const name of names) {
      const started = yield* sandboxes
        .start(SandboxName.make(name), { timeout: Option.getOrUndefined(timeout) })
        .pipe(during(`Starting ${name}`), Output.noteOnInterrupt(`Interrupted: ${name} may still start.`))
      yield* Output.show(Shown, shownOf(started), () => `${started.name}\n`)
    }
  })
