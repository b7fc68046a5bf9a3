import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { eventually } from "../socketSupport.js"
import { begin, executed } from "./support.js"

describe("A hundred sessions of one sandbox", () => {
  it.live(
    "run in parallel, and leave nothing behind",
    () =>
      Effect.gen(function* () {
        const { call, machine } = yield* begin()
        const ids = Array.from({ length: 100 }, (_, index) => `session ${index}`)
        const outputs = yield* Effect.forEach(
          ids,
          (sessionId) =>
            Effect.gen(function* () {
              const path = `/process/session/${encodeURIComponent(sessionId)}`
              yield* call("POST", "/process/session", { sessionId })
              const { json } = yield* call("POST", `${path}/exec`, { command: `echo '${sessionId}'; seq 1 2000` })
              assert.strictEqual((yield* call("DELETE", path)).status, 204)
              return executed(json).stdout ?? ""
            }),
          { concurrency: "unbounded" }
        )
        for (const [index, output] of outputs.entries()) {
          assert.isTrue(output.startsWith(`session ${index}\n1\n`) && output.endsWith("\n2000\n"))
        }
        yield* call("DELETE", "/process/session/s")
        yield* eventually(machine.processIds, (found) => found.size === 0)
      }).pipe(Effect.scoped),
    180_000
  )
})
