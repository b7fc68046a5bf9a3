/** Podman secrets: values for the environment of runs, which cannot be read back. */
import * as Schema from "effect/Schema"
import { lenient, lenientList } from "../lenient.js"
import { snakeCase } from "../snakeCase.js"
import { SecretName } from "./Identifiers.js"
import { atMostBytes, notEmpty } from "./requestValidation.js"

const fields = {
  id: Schema.String,
  name: SecretName,
  /** As Podman prints it: RFC 3339, or relative (`10 days ago`) in a list. */
  createdAt: Schema.String
}

/** A secret without its value. */
export interface Secret extends Schema.Struct.Type<typeof fields> {}
export const Secret = lenient(snakeCase(fields), { id: "", createdAt: "" })

export const SecretList = snakeCase({ secrets: lenientList(Secret) }, { nulls: { secrets: [] } })

/** The largest value, in bytes. */
export const maxSecretBytes = 1_000_000

export const CreateSecret = snakeCase({
  name: SecretName.pipe(
    Schema.filter((name) => /^[a-zA-Z0-9_-]{1,253}$/.test(name) || "must be 1 to 253 letters, digits, `_` or `-`")
  ),
  value: Schema.Redacted(Schema.String.pipe(Schema.filter(notEmpty), Schema.filter(atMostBytes(maxSecretBytes))))
})

export const SecretChanged = snakeCase({ success: Schema.Literal(true), name: Schema.optional(SecretName) })
