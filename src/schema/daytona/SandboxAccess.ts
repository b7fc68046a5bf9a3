/** Access to a sandbox from outside: previews of its ports, SSH, signed file URLs. */
import * as Schema from "effect/Schema"
import { wireStruct } from "../wireStruct.js"
import { SandboxId } from "./Identifiers.js"
import { tolerantFields } from "./Tolerant.js"

const Secret = Schema.Redacted(Schema.String)

const previewFields = {
  ...tolerantFields,
  sandboxId: SandboxId,
  url: Schema.String,
  /** For the header `X-Daytona-Preview-Token`. A new one is generated whenever the sandbox starts. */
  token: Secret
}

/** Where a port of a sandbox is reached from outside. */
export interface PreviewLink extends Schema.Struct.Type<typeof previewFields> {}
export const PreviewLink = wireStruct(previewFields, { absent: { sandboxId: "" }, essential: ["url", "token"] })

const signedPreviewFields = {
  ...tolerantFields,
  sandboxId: SandboxId,
  port: Schema.Number,
  /** The secret part of the URL, with which it can be revoked. */
  token: Secret,
  /** Grants access to anyone who has it: the token is part of its host. */
  url: Secret
}

/** A URL that opens a port to anyone who has it, for a limited time. */
export interface SignedPreviewUrl extends Schema.Struct.Type<typeof signedPreviewFields> {}
export const SignedPreviewUrl = wireStruct(signedPreviewFields, {
  absent: { sandboxId: "", port: 0 },
  essential: ["token", "url"]
})

const maxSignedPreviewSeconds = 86_400

export const SignedPreviewQuery = wireStruct({
  expiresInSeconds: Schema.optional(
    Schema.Int.pipe(
      Schema.filter(
        (seconds) =>
          (seconds >= 1 && seconds <= maxSignedPreviewSeconds) || "must be whole seconds, from 1 second to 24 hours"
      )
    )
  )
})

const sshFields = {
  ...tolerantFields,
  id: Schema.String,
  sandboxId: SandboxId,
  token: Secret,
  /** ISO 8601. */
  expiresAt: Schema.String,
  /** ISO 8601. */
  createdAt: Schema.String,
  /** ISO 8601. */
  updatedAt: Schema.String,
  /** The command to run; it contains the token. */
  sshCommand: Secret
}

/** SSH access to a sandbox. */
export interface SshAccess extends Schema.Struct.Type<typeof sshFields> {}
export const SshAccess = wireStruct(sshFields, {
  absent: { id: "", sandboxId: "", expiresAt: "", createdAt: "", updatedAt: "" },
  essential: ["token", "sshCommand"]
})

export const SshAccessQuery = wireStruct({
  expiresInMinutes: Schema.optional(
    Schema.Number.pipe(Schema.filter((minutes) => minutes > 0 || "must be more than zero"))
  )
})

export const SshTokenQuery = wireStruct({ token: Schema.optional(Secret) })

const sshValidationFields = {
  valid: Schema.Boolean,
  sandboxId: Schema.optional(SandboxId)
}

/** Whether an SSH token is valid, and for which sandbox. */
export interface SshAccessValidation extends Schema.Struct.Type<typeof sshValidationFields> {}
export const SshAccessValidation = wireStruct(sshValidationFields)

/** The key for signing file URLs: a bare JSON string on the wire. */
export const SigningKey = Schema.Redacted(Schema.NonEmptyString)

/** An address that the server names: of a toolbox, or of a build log. */
export const UrlResponse = wireStruct({ url: Schema.String })
