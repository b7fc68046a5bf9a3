/** The messages of a client, whatever they are. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import { load } from "../../../src/ai/mcp/options.js"
import { handlers, Log, toolkit } from "./support.js"

const methods = FastCheck.constantFrom(
  "initialize",
  "ping",
  "tools/list",
  "tools/call",
  "resources/read",
  "prompts/get",
  "completion/complete",
  "logging/setLevel",
  "notifications/cancelled",
  "notifications/initialized",
  "no/such"
)

/** Only tools that answer. */
const parameters = FastCheck.oneof(
  FastCheck.jsonValue(),
  FastCheck.record({
    name: FastCheck.constantFrom("echo", "fail", "look", "missing"),
    arguments: FastCheck.jsonValue()
  }),
  FastCheck.record({ requestId: FastCheck.oneof(FastCheck.string(), FastCheck.integer()) })
)

const id = FastCheck.oneof(FastCheck.string(), FastCheck.integer(), FastCheck.constantFrom(0, "", "1", 1.5))

const request = FastCheck.record({ jsonrpc: FastCheck.constant("2.0"), id, method: methods, params: parameters })

describe("a session", () => {
  it.scopedLive.prop(
    "answers every request exactly by its id, and stays alive",
    [FastCheck.array(request, { minLength: 1, maxLength: 5 })],
    ([requests]) =>
      Effect.gen(function* () {
        const session = yield* (yield* load("test"))({ toolkit, handlers })
        for (const message of requests) {
          const answer = Option.getOrThrow(yield* session.handle(message))
          const isObject =
            typeof message.params === "object" && message.params !== null && !Array.isArray(message.params)
          // What is no message has no id either.
          expect(answer.id).toBe(isObject ? message.id : null)
          expect("result" in answer !== "error" in answer).toBe(true)
        }
        const alive = Option.getOrThrow(yield* session.handle({ jsonrpc: "2.0", id: "alive", method: "ping" }))
        expect(alive).toEqual({ jsonrpc: "2.0", id: "alive", result: {} })
      }).pipe(Effect.provide(Log.layer)),
    { fastCheck: { numRuns: 20 } }
  )

  it.scopedLive.prop(
    "survives any JSON",
    [FastCheck.jsonValue()],
    ([message]) =>
      Effect.gen(function* () {
        const session = yield* (yield* load("test"))({ toolkit, handlers })
        yield* session.handle(message)
        expect(Option.isSome(yield* session.handle({ jsonrpc: "2.0", id: 1, method: "ping" }))).toBe(true)
      }).pipe(Effect.provide(Log.layer)),
    { fastCheck: { numRuns: 20 } }
  )

  it.scopedLive("refuses an id that is in use, and takes it again afterwards", () =>
    Effect.gen(function* () {
      const session = yield* (yield* load("test"))({ toolkit, handlers })
      const call = { jsonrpc: "2.0", id: "a", method: "tools/call", params: { name: "hang" } }
      const calling = yield* Effect.fork(session.handle(call))
      yield* Effect.yieldNow()
      expect(Option.getOrThrow(yield* session.handle({ ...call, method: "ping" }))).toMatchObject({
        id: "a",
        error: { code: -32600, message: expect.stringContaining("in use") }
      })
      const cancel = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: "a" } }
      yield* session.handle(cancel)
      // A request that was cancelled has no answer.
      expect(Option.isNone(yield* calling)).toBe(true)
      expect(Option.getOrThrow(yield* session.handle({ ...call, method: "ping" }))).toMatchObject({ result: {} })
    }).pipe(Effect.provide(Log.layer))
  )
})
