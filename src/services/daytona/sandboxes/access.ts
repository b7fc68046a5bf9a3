/** Access to sandboxes from outside: previews of their ports, and SSH. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import type { ApiError, NotFound } from "../../../errors/ApiError.js"
import type { SandboxId, SandboxRef } from "../../../schema/daytona/Identifiers.js"
import type {
  PreviewLink,
  SignedPreviewUrl,
  SshAccess,
  SshAccessValidation
} from "../../../schema/daytona/SandboxAccess.js"
import type { DurationWithUnit } from "../../../schema/refused.js"
import type { DaytonaClient } from "../DaytonaClient.js"
import { operations } from "./operations.js"

export interface SandboxAccess {
  /**
   * The URL of a port (1 to 65535), and the token it requires unless the sandbox is public. The token changes whenever
   * the sandbox starts. `GET /sandbox/{sandboxIdOrName}/ports/{port}/preview-url`
   */
  readonly previewLink: (sandbox: SandboxRef, port: number) => Effect.Effect<PreviewLink, ApiError | NotFound>
  /** A URL that opens a port to anyone who has it. `GET /sandbox/{sandboxIdOrName}/ports/{port}/signed-preview-url` */
  readonly signedPreviewUrl: (
    sandbox: SandboxRef,
    port: number,
    options?: {
      /** From 1 second to 24 hours, in whole seconds; default 60 seconds. */
      readonly expiresIn?: DurationWithUnit | undefined
    }
  ) => Effect.Effect<SignedPreviewUrl, ApiError | NotFound>
  /**
   * Revokes a signed preview URL before it expires.
   * `POST /sandbox/{sandboxIdOrName}/ports/{port}/signed-preview-url/{token}/expire`
   */
  readonly expireSignedPreviewUrl: (
    sandbox: SandboxRef,
    port: number,
    token: Redacted.Redacted
  ) => Effect.Effect<void, ApiError | NotFound>
  /** Grants SSH access, and **revokes all earlier access.** `POST /sandbox/{sandboxIdOrName}/ssh-access` */
  readonly createSshAccess: (
    sandbox: SandboxRef,
    options?: {
      /** Default 60 minutes. */
      readonly expiresIn?: DurationWithUnit | undefined
    }
  ) => Effect.Effect<SshAccess, ApiError | NotFound>
  /**
   * Revokes the SSH access of one token, or all access without a token. `DELETE /sandbox/{sandboxIdOrName}/ssh-access`
   */
  readonly revokeSshAccess: (sandbox: SandboxRef, token?: Redacted.Redacted) => Effect.Effect<void, ApiError | NotFound>
  /**
   * Whether an SSH token is valid, and for which sandbox. Only for SSH gateways: other keys are `Unauthorized` or
   * `Forbidden`.
   * `GET /sandbox/ssh-access/validate`
   */
  readonly validateSshAccess: (token: Redacted.Redacted) => Effect.Effect<SshAccessValidation, ApiError | NotFound>
  /**
   * The address of the toolbox of a sandbox. It depends on the region, and may change.
   * `GET /sandbox/{sandboxId}/toolbox-proxy-url`
   */
  readonly toolboxUrl: (sandbox: SandboxId) => Effect.Effect<string, ApiError | NotFound>
}

const inUnit = <A>(
  duration: Duration.DurationInput | undefined,
  toUnit: (duration: Duration.DurationInput) => A
): A | undefined => (duration === undefined ? undefined : toUnit(duration))

export const make = (client: DaytonaClient.Service): SandboxAccess => {
  const portOf = (sandboxIdOrName: SandboxRef, port: number) => ({ sandboxIdOrName, port: String(port) })

  return {
    previewLink: (sandbox, port) => client.call(operations.previewLink, { path: portOf(sandbox, port) }),
    signedPreviewUrl: (sandbox, port, { expiresIn } = {}) =>
      client.call(operations.signedPreviewUrl, {
        path: portOf(sandbox, port),
        query: { expiresInSeconds: inUnit(expiresIn, Duration.toSeconds) }
      }),
    expireSignedPreviewUrl: (sandbox, port, token) =>
      client.call(operations.expireSignedPreviewUrl, { path: { ...portOf(sandbox, port), token } }),
    createSshAccess: (sandboxIdOrName, { expiresIn } = {}) =>
      client.call(operations.createSshAccess, {
        path: { sandboxIdOrName },
        query: { expiresInMinutes: inUnit(expiresIn, Duration.toMinutes) }
      }),
    revokeSshAccess: (sandboxIdOrName, token) =>
      client.call(operations.revokeSshAccess, { path: { sandboxIdOrName }, query: { token } }),
    validateSshAccess: (token) => client.call(operations.validateSshAccess, { query: { token } }),
    toolboxUrl: (sandboxId) =>
      Effect.map(client.call(operations.toolboxUrl, { path: { sandboxId }, sandboxId }), ({ url }) => url)
  }
}
