/** Requests that change a sandbox, and what comes of them. */
import * as Schema from "effect/Schema"
import { wireStruct } from "../wireStruct.js"
import { MountedSecrets } from "./CreateSandbox.js"
import { SandboxId, SandboxName } from "./Identifiers.js"
import { resourceFields } from "./Machine.js"
import { CommaSeparated } from "./Sandbox.js"

export const StopQuery = wireStruct({ force: Schema.optional(Schema.Boolean) })

export const RecoverQuery = wireStruct({ skipStart: Schema.optional(Schema.Boolean) })

/** The new size; whatever is absent stays. */
export interface Resize extends Schema.Struct.Type<typeof resourceFields> {}
export const ResizeBody = wireStruct(resourceFields).pipe(
  Schema.filter(
    ({ cpu, disk, memory }) =>
      cpu !== undefined ||
      disk !== undefined ||
      memory !== undefined || { path: ["cpu"], message: "must be given, or `memory`, or `disk`" }
  )
)

export const Labels = wireStruct({ labels: Schema.Record({ key: Schema.String, value: Schema.String }) })

export const ForkBody = wireStruct({ name: Schema.optional(SandboxName) })

export const ForksQuery = wireStruct({ includeDestroyed: Schema.optional(Schema.Boolean) })

export const CreateSnapshotBody = wireStruct({ name: Schema.String, includeMemory: Schema.optional(Schema.Boolean) })

const networkFields = {
  /** `true` also clears `networkAllowList`; `false` alone does, too. */
  networkBlockAll: Schema.optional(Schema.Boolean),
  /** At most 10 IPv4 CIDRs; not empty, it also ends `networkBlockAll`; `[]` clears it. */
  networkAllowList: Schema.optional(CommaSeparated),
  /** At most 10 domains, each also as `*.example.com`; `[]` clears it. */
  domainAllowList: Schema.optional(CommaSeparated)
}

/** What a sandbox may reach. At least one field must be given. */
export interface NetworkSettings extends Schema.Struct.Type<typeof networkFields> {}
export const NetworkSettingsBody = wireStruct(networkFields).pipe(
  Schema.filter(
    ({ domainAllowList, networkAllowList, networkBlockAll }) =>
      networkBlockAll !== undefined ||
      networkAllowList !== undefined ||
      domainAllowList !== undefined || {
        path: ["networkBlockAll"],
        message: "must be given, or `networkAllowList`, or `domainAllowList`"
      }
  )
)

export const SecretsBody = wireStruct({ secrets: MountedSecrets })

const Secret = Schema.Redacted(Schema.String)

const previewFields = {
  sandboxId: SandboxId,
  url: Schema.String,
  /** For the header `X-Daytona-Preview-Token`. A new one is made whenever the sandbox starts. */
  token: Secret
}

/** Where a port of a sandbox is reached from outside. */
export interface PreviewLink extends Schema.Struct.Type<typeof previewFields> {}
export const PreviewLink = wireStruct(previewFields)

const signedPreviewFields = {
  sandboxId: SandboxId,
  port: Schema.Number,
  /** The secret part of the URL, by which it can be expired. */
  token: Secret,
  /** Whoever has it gets in: the token is part of its host. */
  url: Secret
}

/** A URL that opens a port to whoever has it, for a while. */
export interface SignedPreviewUrl extends Schema.Struct.Type<typeof signedPreviewFields> {}
export const SignedPreviewUrl = wireStruct(signedPreviewFields)

export const maxSignedPreviewSeconds = 86_400

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
  id: Schema.String,
  sandboxId: SandboxId,
  token: Secret,
  /** ISO 8601. */
  expiresAt: Schema.String,
  /** ISO 8601. */
  createdAt: Schema.String,
  /** ISO 8601. */
  updatedAt: Schema.String,
  /** The command to type; the token is part of it. */
  sshCommand: Secret
}

/** A way into a sandbox by SSH. */
export interface SshAccess extends Schema.Struct.Type<typeof sshFields> {}
export const SshAccess = wireStruct(sshFields)

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

/** Whether an SSH token is good, and for which sandbox. */
export interface SshAccessValidation extends Schema.Struct.Type<typeof sshValidationFields> {}
export const SshAccessValidation = wireStruct(sshValidationFields)

/** The key that signed file URLs are signed with: a bare JSON string. */
export const SigningKey = Schema.Redacted(Schema.NonEmptyString)

export const UrlResponse = wireStruct({ url: Schema.String })
