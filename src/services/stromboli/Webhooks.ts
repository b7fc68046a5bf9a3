/** Verifies and decodes the webhooks that the server sends when a job ends. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { InvalidRequest } from "../../errors/ApiError.js"
import { InvalidWebhook } from "../../errors/stromboli/failures.js"
import * as Arguments from "../../internal/arguments.js"
import { describeParseError, invalidRequest } from "../../internal/failure.js"
import type { DurationWithUnit } from "../../schema/refused.js"
import { WebhookPayload } from "../../schema/stromboli/Webhook.js"

/**
 * Verifies and decodes the webhooks that the server sends when a job ends.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Webhooks } from "effect-sandboxes/stromboli"
 *
 * const program = Effect.gen(function* () {
 *   const webhooks = yield* Webhooks
 *   const request = { headers: { "x-stromboli-signature": "…", "x-stromboli-timestamp": "…" }, body: "{}" }
 *   return yield* webhooks.verify(request).pipe(Effect.catchTag("InvalidWebhook", (error) =>
 * Effect.fail(error.reason))) })
 * ```
 */
export class Webhooks extends Context.Tag("effect-sandboxes/stromboli/Webhooks")<Webhooks, Webhooks.Service>() {
  /** Fails with `InvalidRequest` when the secret is empty, because anyone could sign with it. */
  static readonly layer = (options: Webhooks.Options): Layer.Layer<Webhooks, InvalidRequest> =>
    Layer.effect(this, make(options))
}

export declare namespace Webhooks {
  /** How webhooks are verified. */
  interface Options {
    /** The server's `STROMBOLI_WEBHOOK_SECRET`. */
    readonly secret: Redacted.Redacted
    /** How far from our clock a timestamp may be; default 5 minutes. `Duration.infinity` disables the check. */
    readonly tolerance?: DurationWithUnit | undefined
  }

  /** A request as it was received. */
  interface Request {
    /** A plain object with names in any case, or the `Headers` of the Fetch API. */
    readonly headers: HeaderSource
    /** The raw body. Parsing and printing it again would change the bytes that were signed. */
    readonly body: string | Uint8Array
  }

  /** Headers with a `get` method, or as an object with names in any case. */
  type HeaderSource =
    | { readonly get: (name: string) => string | null }
    | { readonly [name: string]: string | ReadonlyArray<string> | undefined }

  interface Service {
    /**
     * Checks the signature in constant time, then the age, and decodes the payload. Fails with `InvalidWebhook`, whose
     * `reason` says which check failed. The server sends a webhook up to twice with the same signature: expect
     * duplicates.
     */
    readonly verify: (request: Request) => Effect.Effect<WebhookPayload, InvalidWebhook>
  }
}

const timestampHeader = "x-stromboli-timestamp"
const signatureHeader = "x-stromboli-signature"

const headerOf = (headers: Webhooks.HeaderSource, name: string): string | undefined => {
  // Callers in JavaScript may pass anything.
  if (!Predicate.isRecord(headers)) return undefined
  if (isHeaders(headers)) return headers.get(name) ?? undefined
  const found: unknown = Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1]
  // The server sends each header once. Duplicates, joined as HTTP joins them, fail the check.
  if (Array.isArray(found)) return found.length === 0 ? undefined : found.join(", ")
  return typeof found === "string" ? found : undefined
}

const isHeaders = (headers: Webhooks.HeaderSource): headers is { readonly get: (name: string) => string | null } =>
  typeof headers["get"] === "function"

const fromHex = (hex: string): Uint8Array<ArrayBuffer> | undefined =>
  /^([0-9a-f]{2})+$/i.test(hex)
    ? Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))
    : undefined

/** Frameworks parse bodies, and callers in JavaScript may pass what they get from them. */
const isRawBody = (body: unknown): body is string | Uint8Array => typeof body === "string" || body instanceof Uint8Array

const encoder = new TextEncoder()

/** The timestamp, a dot, and the raw body. */
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

const layerOf = { system: "stromboli", operation: "Webhooks.layer" } as const

const shape = Arguments.unnamed(
  Arguments.struct({ secret: Arguments.secret, tolerance: Arguments.optional(Arguments.duration) })
)

export const make = (options: Webhooks.Options): Effect.Effect<Webhooks.Service, InvalidRequest> =>
  Effect.gen(function* () {
    const problem = shape(options, "options")
    if (problem !== undefined) return yield* invalidRequest(layerOf, problem.field, problem.problem)
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
      catch: () => invalidRequest(layerOf, "secret", "must not be empty")
    })

    return Webhooks.of({
      verify: ({ headers, body }) =>
        Effect.gen(function* () {
          if (!isRawBody(body)) {
            return yield* refuse(
              "bad-payload",
              "its body was passed as a parsed value; pass the text or the bytes exactly as they were received"
            )
          }
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
              catch: () => refuse("bad-signature", "its signature could not be verified")
            }))
          if (!genuine) {
            return yield* refuse("bad-signature", "it was not signed with our secret, or it was modified in transit")
          }
          const age = (yield* Clock.currentTimeMillis) - Number(timestamp) * 1000
          if (Math.abs(age) > tolerance) {
            return yield* refuse(
              "too-old",
              `it was signed ${Duration.format(Duration.millis(Math.abs(age)))} ${age > 0 ? "ago" : "in the future"}, which exceeds the tolerance`
            )
          }
          const json = yield* Effect.try({
            try: (): unknown => JSON.parse(typeof body === "string" ? body : new TextDecoder().decode(body)),
            // The parser's message would quote the body.
            catch: () => refuse("bad-payload", "its body is not JSON")
          })
          return yield* Effect.mapError(Schema.decodeUnknown(WebhookPayload)(json), (error) => {
            const { field, expected } = describeParseError(error)
            return refuse("bad-payload", `${field === "" ? "its body" : `\`${field}\` in its body`} ${expected}`)
          })
        })
    })
  })
