/** Receiving the reports that the server sends at the end of a job: are they genuine, are they fresh, what do they say? */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { InvalidRequest } from "../../errors/ApiError.js"
import { InvalidWebhook } from "../../errors/stromboli/failures.js"
import { describeParseError, invalidRequest } from "../../internal/failure.js"
import { WebhookPayload } from "../../schema/stromboli/Webhook.js"

/**
 * Receiving the reports that the server sends at the end of a job: are they genuine, are they fresh, what do they say?
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Webhooks } from "effect-sandboxes/stromboli"
 *
 * const program = Effect.gen(function* () {
 *   const webhooks = yield* Webhooks
 *   const request = { headers: { "x-stromboli-signature": "…", "x-stromboli-timestamp": "…" }, body: "{}" }
 *   return yield* webhooks.verify(request).pipe(Effect.catchTag("InvalidWebhook", (error) => Effect.fail(error.reason)))
 * })
 * ```
 */
export class Webhooks extends Context.Tag("effect-sandboxes/stromboli/Webhooks")<Webhooks, Webhooks.Service>() {
  /** Fails with `InvalidRequest` when the secret is empty: everybody could sign with it. */
  static readonly layer = (options: Webhooks.Options): Layer.Layer<Webhooks, InvalidRequest> =>
    Layer.effect(this, make(options))
}

export declare namespace Webhooks {
  /** How reports are judged. */
  interface Options {
    /** The server's `STROMBOLI_WEBHOOK_SECRET`. */
    readonly secret: Redacted.Redacted
    /** How old, or how far ahead of our clock, a report may be; default 5 minutes. `Duration.infinity` switches it off. */
    readonly tolerance?: Duration.DurationInput | undefined
  }

  /** A request as it arrived. */
  interface Request {
    /** Any way to hold headers: a plain object (names in any case), or the `Headers` of the web. */
    readonly headers: HeaderSource
    /** The body byte for byte: parsing and printing it again changes what was signed. */
    readonly body: string | Uint8Array
  }

  /** Headers in any form: by `get`, or as an object whose names are in any case. */
  type HeaderSource =
    | { readonly get: (name: string) => string | null }
    | { readonly [name: string]: string | ReadonlyArray<string> | undefined }

  interface Service {
    /**
     * Checks the signature in constant time, then the age, and reads the payload. Fails with `InvalidWebhook`, whose `reason`
     * tells which of them is wrong. The server tries each report up to twice with the same signature: expect repeats.
     */
    readonly verify: (request: Request) => Effect.Effect<WebhookPayload, InvalidWebhook>
  }
}

const timestampHeader = "x-stromboli-timestamp"
const signatureHeader = "x-stromboli-signature"

const decodePayload = Schema.decodeUnknown(WebhookPayload)

const headerOf = (headers: Webhooks.HeaderSource, name: string): string | undefined => {
  if (isHeaders(headers)) return headers.get(name) ?? undefined
  const found = Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1]
  // A header that came twice is none that the server sent: joined as HTTP joins them, it fails the check.
  return typeof found === "object" ? (found.length === 0 ? undefined : found.join(", ")) : found
}

const isHeaders = (headers: Webhooks.HeaderSource): headers is { readonly get: (name: string) => string | null } =>
  typeof headers["get"] === "function"

const fromHex = (hex: string): Uint8Array<ArrayBuffer> | undefined =>
  /^([0-9a-f]{2})+$/i.test(hex)
    ? Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))
    : undefined

const encoder = new TextEncoder()

/** The timestamp, a dot, and the body as it came. */
const signedBytes = (timestamp: string, body: string | Uint8Array): Uint8Array<ArrayBuffer> => {
  const before = encoder.encode(`${timestamp}.`)
  const after = typeof body === "string" ? encoder.encode(body) : body
  const bytes = new Uint8Array(before.length + after.length)
  bytes.set(before)
  bytes.set(after, before.length)
  return bytes
}

const refuse = (reason: InvalidWebhook["reason"], what: string) =>
  new InvalidWebhook({ reason, message: `Webhook refused: ${what}` })

export const make = (options: Webhooks.Options): Effect.Effect<Webhooks.Service, InvalidRequest> =>
  Effect.gen(function* () {
    const tolerance = Duration.toMillis(options.tolerance ?? "5 minutes")
    const key = yield* Effect.tryPromise({
      try: () =>
        globalThis.crypto.subtle.importKey(
          "raw",
          encoder.encode(Redacted.value(options.secret)),
          { name: "HMAC", hash: "SHA-256" },
          false,
          ["verify"]
        ),
      catch: () =>
        invalidRequest(
          { system: "stromboli", operation: "Webhooks.layer" },
          "secret",
          "must be a secret, and not empty"
        )
    })

    return Webhooks.of({
      verify: ({ headers, body }) =>
        Effect.gen(function* () {
          const timestamp = headerOf(headers, timestampHeader)
          const signature = headerOf(headers, signatureHeader)
          if (timestamp === undefined) return yield* refuse("missing-header", `it has no ${timestampHeader}`)
          if (signature === undefined) return yield* refuse("missing-header", `it has no ${signatureHeader}`)
          if (!/^\d{1,15}$/.test(timestamp)) {
            return yield* refuse("bad-timestamp", `its ${timestampHeader} is not a number of seconds`)
          }
          const given = fromHex(signature.replace(/^sha256=/, ""))
          const genuine =
            given !== undefined &&
            (yield* Effect.tryPromise({
              try: () => globalThis.crypto.subtle.verify("HMAC", key, given, signedBytes(timestamp, body)),
              catch: () => refuse("bad-signature", "its signature could not be checked")
            }))
          if (!genuine) {
            return yield* refuse("bad-signature", "it was not signed with our secret, or it was changed on its way")
          }
          const age = (yield* Clock.currentTimeMillis) - Number(timestamp) * 1000
          if (Math.abs(age) > tolerance) {
            return yield* refuse(
              "too-old",
              `it was signed ${Duration.format(Duration.millis(Math.abs(age)))} ${age > 0 ? "ago" : "in our future"}, more than the tolerance`
            )
          }
          const json = yield* Effect.try({
            try: (): unknown => JSON.parse(typeof body === "string" ? body : new TextDecoder().decode(body)),
            // The parser's own words quote the body.
            catch: () => refuse("bad-payload", "its body is not JSON")
          })
          return yield* Effect.mapError(decodePayload(json), (error) => {
            const { field, expected } = describeParseError(error)
            return refuse("bad-payload", `${field === "" ? "its body" : `\`${field}\` of its body`} ${expected}`)
          })
        })
    })
  })
