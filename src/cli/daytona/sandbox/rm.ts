/** `sandbox rm`. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Sandboxes, SandboxId, SandboxName } from "../../../daytona.js"
import { confirm } from "../../frame/confirm.js"
import * as Output from "../../frame/Output.js"
import { during } from "../../frame/Progress.js"

const Deleted = Schema.Struct({ id: SandboxId, name: SandboxName })

export const run = ({ names, yes }: { readonly names: ReadonlyArray<string>; readonly yes: boolean }) =>
  Effect.gen(function* () {
    const sandboxes = yield* Sandboxes
    const refs = names.map((name) => SandboxName.make(name))
    // Before the question, so that nothing is deleted when one of the names is wrong.
    const found = yield* during("Looking them up")(Effect.forEach(refs, sandboxes.get))
    yield* confirm(`Delete ${found.map(({ name }) => name).join(", ")}, with all files?`, { yes })
    for (const { id, name } of found) {
      yield* sandboxes
        .delete(id, { wait: true })
        .pipe(during(`Deleting ${name}`), Output.noteOnInterrupt(`Interrupted: ${name} is being deleted all the same.`))
      yield* Output.show(Deleted, { id, name }, () => `${name}\n`)
    }
  })
