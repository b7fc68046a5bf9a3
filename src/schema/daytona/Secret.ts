/** Vault secrets. Sandboxes use them without seeing their values, which cannot be read back. */
import * as Schema from "effect/Schema"
import { readableElements, wireStruct } from "../wireStruct.js"
import { SecretId, SecretName } from "./Identifiers.js"
import { PageSize } from "./SandboxQuery.js"
import { tolerantFields } from "./Tolerant.js"

const fields = {
  ...tolerantFields,
  id: SecretId,
  name: SecretName,
  description: Schema.optional(Schema.String),
  /** What sandboxes see in their environment; it is replaced with the value in outbound requests. */
  placeholder: Schema.String,
  /** The only hosts it is sent to; empty: all hosts. */
  hosts: Schema.Array(Schema.String),
  /** ISO 8601. */
  createdAt: Schema.String,
  /** ISO 8601. */
  updatedAt: Schema.String
}

/** A vault secret, without its value. */
export interface Secret extends Schema.Struct.Type<typeof fields> {}
export const Secret = wireStruct(fields, {
  absent: { name: "", placeholder: "", hosts: [], createdAt: "", updatedAt: "" },
  essential: ["id"]
})

const filterFields = {
  /** A substring of the name. `total` may also count what `_` and `%` match as wildcards. */
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
  items: readableElements(Secret),
  total: Schema.Number,
  nextCursor: Schema.optional(Schema.String)
})

const acceptableName = SecretName.pipe(
  Schema.filter(
    (name) =>
      /^[a-zA-Z_][a-zA-Z0-9_-]*$/.test(name) || "must be a letter or `_`, followed by letters, digits, `_` and `-`"
  )
)

const Value = Schema.Redacted(Schema.String)

const updateFields = {
  value: Schema.optional(Value),
  description: Schema.optional(Schema.String),
  /** The only hosts it is sent to; replaces the previous list. */
  hosts: Schema.optional(Schema.Array(Schema.String))
}

/** A change to a secret. Absent fields are left unchanged. */
export interface UpdateSecret extends Schema.Struct.Type<typeof updateFields> {}
export const UpdateSecretBody = wireStruct(updateFields)

const createFields = { ...updateFields, name: acceptableName, value: Value }

/** A new secret. */
export interface CreateSecret extends Schema.Struct.Type<typeof createFields> {}
export const CreateSecretBody = wireStruct(createFields)
