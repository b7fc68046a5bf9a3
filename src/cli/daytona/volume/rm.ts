/** `volume rm`. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { VolumeName, Volumes } from "../../../daytona.js"
import { confirm } from "../../frame/confirm.js"
import * as Output from "../../frame/Output.js"
import { during } from "../../frame/Progress.js"

const Deleted = Schema.Struct({ id: Schema.String, name: Schema.String })

export const run = ({ names, yes }: { readonly names: ReadonlyArray<string>; readonly yes: boolean }) =>
  Effect.gen(function* () {
    const volumes = yield* Volumes
    const refs = names.map((name) => VolumeName.make(name))
    const found = yield* during("Looking them up")(Effect.forEach(refs, volumes.get))
    yield* confirm(`Delete ${found.map(({ name }) => name).join(", ")}, with all that is stored?`, { yes })
    for (const { id, name } of found) {
      yield* during(`Deleting ${name}`)(volumes.delete(id))
      yield* Output.show(Deleted, { id, name }, () => `${name}\n`)
    }
  })
