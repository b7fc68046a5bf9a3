import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Sandboxes, SandboxName } from "../../../../src/daytona.js"
import { Outcome } from "../../../../src/embedded/daytona/index.js"
import { daytona, happens, lines } from "../../../support/daytonaOver.js"
import { timed, within } from "../../../support/embedded.js"

const box = SandboxName.make("box")

/** A sandbox in error for this reason, and how long its recovery takes. */
const broken = (reason = "disk full") =>
  Effect.gen(function* () {
    yield* happens({ during: "create", outcome: Outcome.fail(reason, { recoverable: true }) })
    const sandboxes = yield* Sandboxes
    yield* within("1 minute")(Effect.ignore(sandboxes.create({ name: box })))
    return sandboxes
  })

const recovered = (options?: Parameters<Sandboxes.Service["recover"]>[1]) =>
  Effect.flatMap(Sandboxes, (sandboxes) => timed("10 minutes")(Effect.either(sandboxes.recover(box, options))))

const slow = (recover: string) =>
  daytona({ server: { durations: { pickUp: 50, create: 100, start: 400, recover: `${Number(recover)} seconds` } } })

describe("recovering a sandbox", () => {
  it.effect("without a start waits until it is stopped, although its state stays error until then", () =>
    Effect.gen(function* () {
      yield* broken()
      const { result } = yield* recovered({ skipStart: true })
      expect(result).toMatchObject({ _tag: "Right", right: { state: "stopped", recoverable: false } })
    }).pipe(Effect.provide(slow("5")))
  )

  it.effect("waits for longer than the server holds the request", () =>
    Effect.gen(function* () {
      yield* broken()
      const { result, waited } = yield* recovered({ timeout: "90 seconds" })
      expect(result).toMatchObject({ _tag: "Right", right: { state: "started" } })
      expect(waited).toBeGreaterThan(45_000)
    }).pipe(Effect.provide(slow("45")))
  )

  it.effect("ends with its own timeout, and says why the sandbox is in error", () =>
    Effect.gen(function* () {
      yield* broken()
      const { result, waited } = yield* recovered({ timeout: "40 seconds" })
      expect(result).toMatchObject({ left: { _tag: "SandboxWaitTimeout", lastState: "error" } })
      expect(result).toMatchObject({ left: { message: expect.stringContaining("(disk full) after 40s") } })
      expect(waited).toBe(40_000)
    }).pipe(Effect.provide(slow("45")))
  )

  it.effect("fails with the new reason when the recovery fails for another one", () =>
    Effect.gen(function* () {
      yield* broken()
      yield* happens({ during: "recover", outcome: Outcome.fail("no runner", { recoverable: true }) })
      const { result } = yield* recovered({ skipStart: true })
      expect(result).toMatchObject({ left: { _tag: "SandboxFailed", reason: "no runner" } })
    }).pipe(Effect.provide(slow("5")))
  )

  it.effect("fails when the recovery fails for the same reason, which shows only in the time of the change", () =>
    Effect.gen(function* () {
      yield* broken()
      yield* happens({ during: "recover", outcome: Outcome.fail("disk full", { recoverable: true }) })
      const { result, waited } = yield* recovered({ skipStart: true })
      expect(result).toMatchObject({ left: { _tag: "SandboxFailed", reason: "disk full" } })
      expect(waited).toBeLessThan(10_000)
    }).pipe(Effect.provide(slow("5")))
  )

  it.effect("fails when the recovery failed while the server held the request", () =>
    Effect.gen(function* () {
      yield* broken()
      yield* happens({ during: "recover", outcome: Outcome.fail("disk full", { recoverable: true }) })
      const { result, waited } = yield* recovered()
      expect(result).toMatchObject({ left: { _tag: "SandboxFailed", reason: "disk full" } })
      // The server holds the request for its 30 seconds.
      expect(waited).toBeGreaterThanOrEqual(30_000)
      expect(waited).toBeLessThan(32_000)
      expect((yield* lines).filter((line) => line.startsWith("POST") && line.endsWith("/recover"))).toHaveLength(1)
    }).pipe(Effect.provide(slow("5")))
  )
})
