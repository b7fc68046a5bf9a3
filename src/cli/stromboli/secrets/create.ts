/** `secrets create`. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { SecretName, Secrets } from "../../../stromboli.js"
import * as Output from "../../frame/Output.js"
import { during } from "../../frame/Progress.js"
import { readSecret } from "../../frame/secretFile.js"

const Created = Schema.Struct({ name: SecretName })

export const run = (values: { readonly name: string; readonly valueFile: string }) =>
  Effect.gen(function* () {
    const secrets = yield* Secrets
    const name = SecretName.make(values.name)
    const value = yield* readSecret("--value-file", values.valueFile)
    yield* during(`Storing ${name}`)(secrets.create({ name, value }))
    yield* Output.show(Created, { name }, () => `${name}\n`)
  })
