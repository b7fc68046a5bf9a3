/** Signed URLs with which anyone can download or upload one file of a sandbox. They are signed on the client. */
import * as Cache from "effect/Cache"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Redacted from "effect/Redacted"
import type { ApiError, InvalidRequest, NotFound } from "../../../errors/ApiError.js"
import { asking, lookedUp } from "../../../internal/callersSpan.js"
import { invalidRequest } from "../../../internal/failure.js"
import type { SandboxId } from "../../../schema/daytona/Identifiers.js"
import type { DurationWithUnit } from "../../../schema/refused.js"
import type { DaytonaClient } from "../DaytonaClient.js"
import { operations } from "./operations.js"

export interface SignedFileUrlOptions {
  /** The path of the file in the sandbox. */
  readonly path: string
  /**
   * `download`: for a GET request that returns the file. `upload`: for a POST request with a form that holds the file.
   */
  readonly use: "download" | "upload"
  /** Default 1 hour. `Duration.infinity`: valid until the key is rotated. */
  readonly expiresIn?: DurationWithUnit | undefined
}

export interface SandboxFileUrls {
  /**
   * A URL with which anyone can download or upload one file, without credentials. Its key and address are cached for 15
   * seconds per sandbox. Recent servers only.
   * `GET /sandbox/{sandboxId}/signing-key`, `GET /sandbox/{sandboxId}/toolbox-proxy-url`
   */
  readonly signedFileUrl: (
    sandbox: SandboxId,
    options: SignedFileUrlOptions
  ) => Effect.Effect<Redacted.Redacted, ApiError | NotFound>
  /** Invalidates all signed file URLs of a sandbox. `POST /sandbox/{sandboxId}/signing-key/rotate` */
  readonly rotateSigningKey: (sandbox: SandboxId) => Effect.Effect<void, ApiError | NotFound>
}

const encoder = new TextEncoder()

const base64Url = (bytes: ArrayBuffer): string =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "")

/** The signature of a file URL. `expires` is in Unix seconds, 0 for never. */
export const signature = (options: {
  readonly key: Redacted.Redacted
  readonly method: "GET" | "POST"
  readonly path: string
  readonly expires: number
}): Effect.Effect<string, InvalidRequest> =>
  Effect.tryPromise({
    try: async () => {
      const { subtle } = globalThis.crypto
      const key = await subtle.importKey(
        "raw",
        encoder.encode(Redacted.value(options.key)),
        { name: "HMAC", hash: "SHA-256" },
        false,
        ["sign"]
      )
      const canonical = `v1:files:${options.method}:${options.path}:${options.expires}`
      return `v1_${base64Url(await subtle.sign("HMAC", key, encoder.encode(canonical)))}`
    },
    catch: () =>
      invalidRequest(
        { system: "daytona", operation: operations.signingKey.name },
        "key",
        "could not be used: it is empty, or this platform has no WebCrypto"
      )
  })

const uses = {
  download: { method: "GET", endpoint: "files/download" },
  upload: { method: "POST", endpoint: "files/upload-v2" }
} as const

export const make = (client: DaytonaClient.Service): Effect.Effect<SandboxFileUrls> =>
  Effect.map(
    Cache.makeWith({
      capacity: 256,
      timeToLive: Exit.match({ onFailure: () => Duration.zero, onSuccess: () => Duration.seconds(15) }),
      lookup: (sandboxId: SandboxId) =>
        lookedUp(
          Effect.all(
            {
              key: client.call(operations.signingKey, { path: { sandboxId }, sandboxId }),
              toolbox: client.call(operations.toolboxUrl, { path: { sandboxId }, sandboxId })
            },
            { concurrency: 2 }
          )
        )
    }),
    (keys) => ({
      signedFileUrl: (sandboxId, { expiresIn = "1 hour", path, use }) =>
        Effect.gen(function* () {
          const { endpoint, method } = uses[use]
          const { key, toolbox } = yield* asking(keys.get(sandboxId))
          const now = yield* Clock.currentTimeMillis
          const lifetime = Duration.toSeconds(expiresIn)
          const expires = Number.isFinite(lifetime) ? Math.floor(now / 1000 + lifetime) : 0
          const query = new URLSearchParams({
            path,
            expires: String(expires),
            signature: yield* signature({ key, method, path, expires })
          })
          return Redacted.make(
            `${toolbox.url.replace(/\/+$/, "")}/${encodeURIComponent(sandboxId)}/${endpoint}?${query}`
          )
        }),
      rotateSigningKey: (sandboxId) =>
        Effect.zipRight(
          client.call(operations.rotateSigningKey, { path: { sandboxId }, sandboxId }),
          keys.invalidate(sandboxId)
        )
    })
  )
