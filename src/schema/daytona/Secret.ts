/** Secrets of the vault: sandboxes can use them without seeing them, and nobody can read them back. */
import * as Schema from "effect/Schema"
import { wireStruct } from "../wireStruct.js"
import { SecretId, SecretName } from "./Identifiers.js"
import { PageSize } from "./SandboxQuery.js"

const fields = {
  id: SecretId,
  name: SecretName,
  description: Schema.optional(Schema.String),
  /** What stands in the environment of sandboxes instead of the value, which is put in on the way out. */
  placeholder: Schema.String,
  /** The only hosts that it is sent to; none: all. */
  hosts: Schema.Array(Schema.String),
  /** ISO 8601. */
  createdAt: Schema.String,
  /** ISO 8601. */
  updatedAt: Schema.String
}

/** What is known about a secret: everything but its value. */
export interface Secret extends Schema.Struct.Type<typeof fields> {}
export const Secret = wireStruct(fields, { absent: { hosts: [] } })

const filterFields = {
  /** A part of the name. */
  name: Schema.optional(Schema.String),
  sort: Schema.optional(Schema.Literal("name", "createdAt", "updatedAt")),
  order: Schema.optional(Schema.Literal("asc", "desc"))
}

/** Which secrets to list, and in which order. */
export interface SecretFilter extends Schema.Struct.Type<typeof filterFields> {}

export const ListSecretsQuery = wireStruct({
  ...filterFields,
  cursor: Schema.optional(Schema.String),
  limit: Schema.optional(PageSize)
})

export const SecretPageResponse = wireStruct({
  items: Schema.Array(Secret),
  total: Schema.Number,
  nextCursor: Schema.optional(Schema.String)
})

const acceptableName = SecretName.pipe(
  Schema.filter(
    (name) => /^[a-zA-Z_][a-zA-Z0-9_-]*$/.test(name) || "must be a letter or `_`, then letters, digits, `_` and `-`"
  )
)

const Value = Schema.Redacted(Schema.String)

const changeFields = {
  value: Schema.optional(Value),
  description: Schema.optional(Schema.String),
  /** The only hosts that it is sent to; replaces those that there were. */
  hosts: Schema.optional(Schema.Array(Schema.String))
}

/** What to change about a secret; whatever is absent stays. */
export interface SecretChange extends Schema.Struct.Type<typeof changeFields> {}
export const UpdateSecretBody = wireStruct(changeFields)

const newFields = { ...changeFields, name: acceptableName, value: Value }

/** A new secret. */
export interface NewSecret extends Schema.Struct.Type<typeof newFields> {}
export const CreateSecretBody = wireStruct(newFields)
