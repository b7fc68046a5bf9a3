import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { eventually } from "../socketSupport.js"
import { begin, executed, log, old } from "./support.js"

describe("A session of the embedded toolbox", () => {
  it.live("stays below its directory, whatever its id", () =>
    Effect.gen(function* () {
      const sandbox = yield* begin()
      for (const sessionId of ["..", "../../escape", "a/b", "."]) {
        assert.strictEqual((yield* sandbox.call("POST", "/process/session", { sessionId })).status, 201)
      }
      const names = readdirSync(join(sandbox.machine.home, ".daytona", "sessions"))
      assert.strictEqual(names.length, 5)
      assert.isFalse(existsSync(join(sandbox.machine.home, "escape")))
    }).pipe(Effect.scoped)
  )

  it.live("starts in the home directory for old clients", () =>
    Effect.gen(function* () {
      const sandbox = yield* begin()
      const headers = { "x-daytona-sdk-version": "0.102.0" }
      yield* sandbox.call("POST", "/process/session", { sessionId: "old" }, headers)
      const { text } = yield* sandbox.call("POST", "/process/session/old/exec", { command: "pwd" })
      assert.strictEqual(executed(JSON.parse(text)).stdout, `${sandbox.machine.home}\n`)
    }).pipe(Effect.scoped)
  )

  it.live("runs the entrypoint of the daemon", () =>
    Effect.gen(function* () {
      const sandbox = yield* begin({}, { entrypoint: ["printf", "%s\\n", "it's up"] })
      const logs = yield* eventually(
        sandbox.call("GET", "/process/session/entrypoint/logs"),
        ({ json }) => log(json).stdout !== ""
      )
      assert.strictEqual(log(logs.json).stdout, "it's up\n")
      const { json } = yield* sandbox.call("GET", "/process/session/entrypoint")
      assert.propertyVal(json, "sessionId", "entrypoint")
      assert.notInclude((yield* sandbox.call("GET", "/process/session")).text, "entrypoint")
    }).pipe(Effect.scoped)
  )

  it.live("reports errors in the form of each generation", () =>
    Effect.gen(function* () {
      const before = yield* begin(old)
      const now = yield* begin()
      const refusals = (sandbox: typeof now) =>
        Effect.forEach(
          [
            ["POST", "/process/session", { sessionId: "s" }],
            ["POST", "/process/session", {}],
            ["POST", "/process/session", { sessionId: "entrypoint" }],
            ["GET", "/process/session/entrypoint", undefined],
            ["GET", "/process/session/none", undefined],
            ["DELETE", "/process/session/entrypoint", undefined],
            ["POST", "/process/session/s/exec", { command: "  " }],
            ["POST", "/process/session/s/exec", "{"],
            ["POST", "/process/session/entrypoint/exec", { command: "true" }],
            ["POST", "/process/session/none/exec", { command: "true" }],
            ["GET", "/process/session/s/command/none", undefined],
            ["GET", "/process/session/s/command/none/logs", undefined],
            ["POST", "/process/session/s/command/none/input", { data: "" }]
          ] as const,
          ([method, path, body]) =>
            Effect.map(sandbox.call(method, path, body), ({ status, text }) => {
              const { message } = text === "" ? { message: "" } : JSON.parse(text)
              return `${status} ${message}`
            })
        )
      const shared = (wrapped: string, empty: RegExp) => [
        "409 conflict: session already exists",
        /^400 invalid body request: /,
        "400 bad request: provided session ID is reserved and cannot be created/overridden",
        "404 not found: session not found",
        "404 not found: session not found",
        "400 bad request: can't delete entrypoint session",
        empty,
        empty,
        "400 bad request: can't execute command in entrypoint session",
        wrapped,
        "404 not found: command not found",
        "404 not found: command not found",
        /^400 invalid body request: /
      ]
      const holds = (actual: ReadonlyArray<string>, expected: ReadonlyArray<string | RegExp>) =>
        actual.forEach((text, index) => {
          const wanted = expected[index]
          if (wanted instanceof RegExp) assert.match(text, wanted)
          else assert.strictEqual(text, wanted)
        })
      holds(yield* refusals(before), shared("500 failed to execute command: not found: session not found", /^400 $/))
      holds(yield* refusals(now), shared("404 not found: session not found", /^400 bad request: /))
    }).pipe(Effect.scoped)
  )
})
