/** `secrets rm`. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { SecretName, Secrets } from "../../../stromboli.js"
import { confirm } from "../../frame/confirm.js"
import * as Output from "../../frame/Output.js"
import { during } from "../../frame/Progress.js"
import { count } from "../../frame/words.js"

const Deleted = Schema.Struct({ name: SecretName })

export const run = ({ names, yes }: { readonly names: ReadonlyArray<string>; readonly yes: boolean }) =>
  Effect.gen(function* () {
    const secrets = yield* Secrets
    const what = names.length === 1 ? `secret ${names[0]}` : count(names.length, "secret")
    yield* confirm(`Delete ${what}? The value cannot be read back.`, { yes })
    for (const each of names) {
      const name = SecretName.make(each)
      yield* during(`Deleting ${name}`)(secrets.delete(name))
      yield* Output.show(Deleted, { name }, () => `${name}\n`)
    }
  })
