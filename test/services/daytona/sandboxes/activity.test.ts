import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { Sandboxes, SandboxId } from "../../../../src/daytona.js"
import { Fault } from "../../../../src/embedded/daytona/index.js"
import { daytona, inject, lines } from "../../../support/daytonaOver.js"

const setup = daytona({ server: { durations: 0 } })

const refreshes = Effect.map(lines, (all) => all.filter((line) => line.endsWith("/last-activity")).length)

const sandbox = Effect.gen(function* () {
  const sandboxes = yield* Sandboxes
  return yield* sandboxes.create({ autoStop: "3 minutes" })
})

describe("keepActive", () => {
  it.effect("keeps an idle sandbox from being stopped while the scope is open, and no longer", () =>
    Effect.gen(function* () {
      const sandboxes = yield* Sandboxes
      const { id } = yield* sandbox
      yield* Effect.scoped(Effect.zipRight(sandboxes.keepActive(id), TestClock.adjust("20 minutes")))
      expect((yield* sandboxes.get(id)).state).toBe("started")
      const before = yield* refreshes
      expect(before).toBe(21)
      yield* TestClock.adjust("5 minutes")
      expect((yield* sandboxes.get(id)).state).toBe("stopped")
      expect(yield* refreshes).toBe(before)
    }).pipe(Effect.provide(setup))
  )

  it.effect("continues after transient failures", () =>
    Effect.gen(function* () {
      const sandboxes = yield* Sandboxes
      const { id } = yield* sandbox
      yield* sandboxes.keepActive(id, { every: "30 seconds" })
      yield* inject({ path: "/sandbox/{sandboxId}/last-activity", fault: Fault.status(500), times: 3 })
      yield* TestClock.adjust("10 minutes")
      expect((yield* sandboxes.get(id)).state).toBe("started")
    }).pipe(Effect.scoped, Effect.provide(setup))
  )

  it.effect("fails immediately for a sandbox that does not exist", () =>
    Effect.gen(function* () {
      const sandboxes = yield* Sandboxes
      const id = SandboxId.make("00000000-0000-4000-8000-000000000000")
      expect((yield* Effect.flip(sandboxes.keepActive(id)))._tag).toBe("NotFound")
    }).pipe(Effect.scoped, Effect.provide(setup))
  )
})
