/** Webhooks of the server: signature, age and payload. */
import { createHmac } from "node:crypto"
import { inspect } from "node:util"
import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Runtime from "effect/Runtime"
import * as TestClock from "effect/TestClock"
import { Webhooks } from "../../../src/services/stromboli/Webhooks.js"

const sentAt = 1_735_726_800
const body = '{"job_id":"job-1","status":"completed","output":"Grüße","session_id":"s-1","usage":{"total_tokens":7}}'

/** Signs like the server, independently of our verification. */
const signed = (secret: string, timestamp: string | number, text: string | Uint8Array) => ({
  "x-stromboli-timestamp": `${timestamp}`,
  "x-stromboli-signature": `sha256=${createHmac("sha256", secret).update(`${timestamp}.`).update(text).digest("hex")}`
})

const verify = (request: Webhooks.Request, options: Partial<Webhooks.Options> = {}) =>
  Effect.flatMap(Webhooks, (webhooks) => webhooks.verify(request)).pipe(
    Effect.provide(Webhooks.layer({ secret: Redacted.make("s"), ...options }))
  )

/** Verifies when the webhook was sent, or some seconds later. */
const received = (request: Webhooks.Request, options: Partial<Webhooks.Options> = {}, later = 0) =>
  Effect.zipRight(TestClock.setTime((sentAt + later) * 1000), verify(request, options))

const refusal = (reason: string) => ({ _tag: "InvalidWebhook", code: "INVALID_WEBHOOK", reason })
const headers = signed("s", sentAt, body)

describe("a webhook", () => {
  it.effect("that is genuine and recent is decoded", () =>
    Effect.map(received({ headers, body }), (payload) =>
      expect(payload).toEqual({
        jobId: "job-1",
        status: "completed",
        output: "Grüße",
        sessionId: "s-1",
        usage: { totalTokens: 7 }
      })
    )
  )

  it.effect("is verified against the test vector of the contract", () =>
    Effect.gen(function* () {
      const vector = {
        "X-Stromboli-Timestamp": "1735726800",
        "X-Stromboli-Signature": "sha256=f0252dca48fbc39517594c80098233ca4a7a23a1c112129bddfb365912875abb"
      }
      // The signature is valid; only the payload is empty.
      expect(yield* Effect.flip(received({ headers: vector, body: "{}" }))).toMatchObject(refusal("bad-payload"))
      expect(yield* Effect.flip(received({ headers: vector, body: "{ }" }))).toMatchObject(refusal("bad-signature"))
    })
  )

  for (const [what, given] of [
    ["as bytes", { headers, body: new TextEncoder().encode(body) }],
    ["as a part of a larger buffer", { headers, body: new TextEncoder().encode(`..${body}..`).subarray(2, -2) }],
    ["with the headers of the Fetch API", { headers: new Headers(headers), body }],
    [
      "with header names in capitals",
      {
        headers: {
          "X-STROMBOLI-TIMESTAMP": headers["x-stromboli-timestamp"],
          "X-Stromboli-Signature": headers["x-stromboli-signature"]
        },
        body
      }
    ],
    [
      "with header values in arrays",
      {
        headers: {
          "x-stromboli-timestamp": [headers["x-stromboli-timestamp"]],
          "x-stromboli-signature": [headers["x-stromboli-signature"]]
        },
        body
      }
    ],
    ["with a header named get", { headers: { get: "x", ...headers }, body }],
    [
      "without the prefix of the signature",
      { headers: { ...headers, "x-stromboli-signature": headers["x-stromboli-signature"].slice(7) }, body }
    ]
  ] satisfies ReadonlyArray<readonly [string, Webhooks.Request]>) {
    it.effect(`is decoded ${what}`, () =>
      Effect.map(received(given), (payload) => expect(payload).toMatchObject({ jobId: "job-1", output: "Grüße" }))
    )
  }

  it.effect("of a cancelled job, or with a status that only a newer server knows, is decoded", () =>
    Effect.gen(function* () {
      for (const status of ["cancelled", "postponed"]) {
        const text = JSON.stringify({ job_id: "job-1", status, more: [1] })
        expect(yield* received({ headers: signed("s", sentAt, text), body: text })).toEqual({ jobId: "job-1", status })
      }
    })
  )
})

describe("a webhook that is not genuine", () => {
  it.effect("is refused when it was signed with another secret", () =>
    Effect.gen(function* () {
      const request = { headers: signed("another", sentAt, body), body }
      expect(yield* Effect.flip(received(request))).toMatchObject(refusal("bad-signature"))
    })
  )

  it.effect("is refused when its body was parsed and printed again", () =>
    Effect.gen(function* () {
      const printed = JSON.stringify(JSON.parse(body), null, 1)
      expect(yield* Effect.flip(received({ headers, body: printed }))).toMatchObject(refusal("bad-signature"))
    })
  )

  for (const [what, parsed] of [
    ["an object", body],
    ["a list", "[1]"],
    ["null", "null"],
    ["a number", "7"]
  ] as const) {
    it.effect(`is refused as unreadable, not as forged, when its body was parsed to ${what} before`, () =>
      Effect.gen(function* () {
        const failure = yield* Effect.flip(received({ headers, body: JSON.parse(parsed) }))
        expect(failure).toMatchObject(refusal("bad-payload"))
        expect(failure.message).toContain("exactly as they were received")
      })
    )
  }

  for (const odd of ["null", "7", '{"x-stromboli-timestamp":7,"x-stromboli-signature":{}}']) {
    it.effect(`is refused, and no defect, when its headers are ${odd}`, () =>
      Effect.gen(function* () {
        expect(yield* Effect.flip(received({ headers: JSON.parse(odd), body }))).toMatchObject(
          refusal("missing-header")
        )
      })
    )
  }

  for (const [what, signature] of [
    ["an empty signature", ""],
    ["a signature that is only a prefix", "sha256="],
    ["half a signature", headers["x-stromboli-signature"].slice(0, 39)],
    ["a signature of an odd length", headers["x-stromboli-signature"].slice(0, -1)],
    ["a signature with an extra character", `${headers["x-stromboli-signature"]}0`],
    ["a signature with extra characters", `${headers["x-stromboli-signature"]}00`],
    ["a signature of another kind", headers["x-stromboli-signature"].replace("sha256", "sha512")],
    ["a signature that is not hex", "sha256=hello"]
  ] as const) {
    it.effect(`is refused with ${what}`, () =>
      Effect.gen(function* () {
        const request = { headers: { ...headers, "x-stromboli-signature": signature }, body }
        expect(yield* Effect.flip(received(request))).toMatchObject(refusal("bad-signature"))
      })
    )
  }

  for (const name of ["x-stromboli-timestamp", "x-stromboli-signature"] as const) {
    it.effect(`is refused without ${name}, naming the header`, () =>
      Effect.gen(function* () {
        for (const missing of [undefined, []]) {
          const failure = yield* Effect.flip(received({ headers: { ...headers, [name]: missing }, body }))
          expect(failure).toMatchObject(refusal("missing-header"))
          expect(failure.message).toContain(name)
        }
      })
    )
  }

  for (const [name, reason] of [
    ["x-stromboli-timestamp", "bad-timestamp"],
    ["x-stromboli-signature", "bad-signature"]
  ] as const) {
    it.effect(`is refused when ${name} was sent twice, even with the same value`, () =>
      Effect.gen(function* () {
        const twice = new Headers(headers)
        twice.append(name, headers[name])
        expect(yield* Effect.flip(received({ headers: twice, body }))).toMatchObject(refusal(reason))
        const listed = { ...headers, [name]: [headers[name], headers[name]] }
        expect(yield* Effect.flip(received({ headers: listed, body }))).toMatchObject(refusal(reason))
      })
    )
  }

  for (const timestamp of ["soon", "", "1735726800.5", "-1735726800", "+1735726800", "0x67", "1e9", "9".repeat(400)]) {
    it.effect(`is refused with the timestamp ${JSON.stringify(timestamp.slice(0, 20))}, even if it is signed`, () =>
      Effect.gen(function* () {
        const request = { headers: signed("s", timestamp, body), body }
        expect(yield* Effect.flip(received(request))).toMatchObject(refusal("bad-timestamp"))
      })
    )
  }

  it.effect("is refused if any single byte of it was changed", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(sentAt * 1000)
      const { verify } = yield* Webhooks
      const run = Runtime.runPromise(yield* Effect.runtime<never>())
      const parts = ["body", "x-stromboli-timestamp", "x-stromboli-signature"] as const
      const change = FastCheck.record({
        part: FastCheck.constantFrom(...parts),
        at: FastCheck.nat(),
        byte: FastCheck.integer({ min: 1, max: 127 })
      })
      yield* Effect.promise(() =>
        FastCheck.assert(
          FastCheck.asyncProperty(change, async ({ at, byte, part }) => {
            const whole = { ...headers, body }
            const before = new TextEncoder().encode(whole[part])
            const index = at % before.length
            const after = Uint8Array.from(before, (each, here) => (here === index ? byte : each))
            const changed = new TextDecoder().decode(after)
            // Hex digits are case-insensitive.
            FastCheck.pre(changed.toLowerCase() !== whole[part].toLowerCase())
            const request =
              part === "body" ? { headers, body: after } : { headers: { ...headers, [part]: changed }, body }
            const reason = Effect.map(Effect.flip(verify(request)), (failure) => failure.reason)
            // Not for its content, which must not be read before the check.
            expect(["bad-signature", "bad-timestamp"]).toContain(await run(reason))
          }),
          { numRuns: 300 }
        )
      )
    }).pipe(Effect.provide(Webhooks.layer({ secret: Redacted.make("s") })))
  )
})

describe("a webhook that is genuine, but old", () => {
  for (const [seconds, fate] of [
    [300, "read"],
    [301, "refused"],
    [-300, "read"],
    [-301, "refused"],
    [86_400, "refused"]
  ] as const) {
    it.effect(`is ${fate} ${seconds} seconds after it was sent`, () =>
      Effect.gen(function* () {
        const exit = yield* Effect.exit(received({ headers, body }, {}, seconds))
        if (fate === "read") expect(Exit.isSuccess(exit)).toBe(true)
        else expect(exit).toMatchObject(Exit.fail(expect.objectContaining(refusal("too-old"))))
      })
    )
  }

  it.effect("is checked with the given tolerance", () =>
    Effect.gen(function* () {
      const tolerance = "10 seconds"
      expect((yield* received({ headers, body }, { tolerance }, 10)).jobId).toBe("job-1")
      expect(yield* Effect.flip(received({ headers, body }, { tolerance }, 11))).toMatchObject(refusal("too-old"))
      const forever = { tolerance: Duration.infinity }
      expect((yield* received({ headers, body }, forever, 1_000_000_000)).jobId).toBe("job-1")
    })
  )

  it.effect("is reported as being from the past or the future", () =>
    Effect.gen(function* () {
      expect((yield* Effect.flip(received({ headers, body }, {}, 600))).message).toContain("10m ago")
      expect((yield* Effect.flip(received({ headers, body }, {}, -600))).message).toContain("future")
    })
  )

  it.effect("that is not genuine is not reported as old, which would reveal our clock", () =>
    Effect.gen(function* () {
      const request = { headers: signed("another", sentAt, body), body }
      expect(yield* Effect.flip(received(request, {}, 86_400))).toMatchObject(refusal("bad-signature"))
    })
  )
})

describe("a webhook that cannot be decoded", () => {
  for (const [what, text, named] of [
    ["not JSON", "canary", "not JSON"],
    ["cut off", body.slice(0, 20), "not JSON"],
    ["empty", "", "not JSON"],
    ["null", "null", "its body"],
    ["without a job", '{"status":"completed"}', "jobId"],
    ["with a status that is not text", '{"job_id":"canary","status":7}', "status"]
  ] as const) {
    it.effect(`because it is ${what} is refused without being quoted`, () =>
      Effect.gen(function* () {
        const failure = yield* Effect.flip(received({ headers: signed("s", sentAt, text), body: text }))
        expect(failure).toMatchObject(refusal("bad-payload"))
        expect(failure.message).toContain(named)
        expect(failure.message).not.toContain("canary")
      })
    )
  }
})

describe("the secret", () => {
  it.effect("must not be empty, because anyone could sign with it", () =>
    Effect.gen(function* () {
      const layer = Webhooks.layer({ secret: Redacted.make("") })
      expect(yield* Effect.flip(Effect.scoped(Layer.build(layer)))).toMatchObject({
        _tag: "InvalidRequest",
        operation: "Webhooks.layer",
        field: "secret"
      })
    })
  )

  it.effect("may be any text, and is never printed", () =>
    Effect.gen(function* () {
      const secret = "canary-🔑 with spaces\n"
      const options = { secret: Redacted.make(secret) }
      expect((yield* received({ headers: signed(secret, sentAt, body), body }, options)).jobId).toBe("job-1")
      const failure = yield* Effect.flip(received({ headers, body }, options))
      const service = yield* Effect.provide(Webhooks, Webhooks.layer(options))
      expect(`${inspect(failure, { depth: 10 })}${inspect(service, { depth: 10, showHidden: true })}`).not.toContain(
        "canary"
      )
    })
  )
})
