import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { Process } from "../../../../src/services/daytona/toolbox/process/Process.js"
import { Workspace } from "../../../../src/services/daytona/toolbox/Workspace.js"
import { embeddedToolbox } from "../../../support/embeddedToolbox.js"

const services = Layer.mergeAll(Process.layer, Workspace.layer)
const current = Layer.provideMerge(services, embeddedToolbox({ env: { KEPT: "kept", DROPPED: "secret-1" } }))
const old = Layer.provideMerge(services, embeddedToolbox({ generation: "0.190" }))

describe("Workspace", () => {
  it.live("reads the version and the directories of either daemon", () =>
    Effect.gen(function* () {
      for (const [daemon, version] of [
        [current, "v0.218.0"],
        [old, "v0.190.0"]
      ] as const) {
        const seen = yield* Effect.provide(
          Effect.gen(function* () {
            const workspace = yield* Workspace
            const process = yield* Process
            const { stdout } = yield* process.execute('echo "$HOME"; pwd')
            return {
              version: yield* workspace.version,
              told: [yield* workspace.homeDirectory, yield* workspace.workDirectory],
              real: stdout.trim().split("\n")
            }
          }),
          daemon
        )
        expect(seen.version).toBe(version)
        expect(seen.told).toEqual(seen.real)
      }
    })
  )

  it.live("changes the environment of everything started from then on", () =>
    Effect.gen(function* () {
      const workspace = yield* Workspace
      const process = yield* Process
      yield* workspace.updateEnvironment({
        set: { ADDED: "plain", HIDDEN: Redacted.make("it's secret") },
        unsetValuePrefix: "secret-"
      })
      const { stdout } = yield* process.execute('printf "%s\\n" "$KEPT" "$DROPPED" "$ADDED" "$HIDDEN"')
      expect(stdout).toBe("kept\n\nplain\nit's secret\n")
      yield* workspace.updateEnvironment({ unset: ["KEPT"] })
      expect((yield* process.execute('test "$KEPT" || echo gone')).stdout).toBe("gone\n")
    }).pipe(Effect.provide(current))
  )

  it.live("refuses names that shells do not accept, and quotes them", () =>
    Effect.gen(function* () {
      const workspace = yield* Workspace
      const error = yield* Effect.flip(workspace.updateEnvironment({ set: { "NOT-A-NAME": "x" } }))
      expect(error).toMatchObject({ _tag: "InvalidRequest", attempts: 0 })
      expect(error.message).toContain("NOT-A-NAME")
    }).pipe(Effect.provide(current))
  )

  it.live("reads the resource usage", () =>
    Effect.gen(function* () {
      const { metrics } = yield* Workspace
      const { cpuCount = 0, diskTotal = 0, memoryTotal = 0, memoryUsed = 0, timestamp } = yield* metrics
      expect(cpuCount).toBeGreaterThan(0)
      expect(memoryTotal).toBeGreaterThan(memoryUsed)
      expect(memoryUsed).toBeGreaterThan(0)
      expect(diskTotal).toBeGreaterThan(0)
      expect(Date.parse(timestamp ?? "")).not.toBeNaN()
    }).pipe(Effect.provide(current))
  )

  it.live("reports what an older daemon does not support", () =>
    Effect.gen(function* () {
      const workspace = yield* Workspace
      const errors = [
        yield* Effect.flip(workspace.metrics),
        yield* Effect.flip(workspace.updateEnvironment({ set: { A: "1" } }))
      ]
      for (const error of errors) {
        expect(error).toMatchObject({ _tag: "UnexpectedStatus", status: 404 })
        expect(error.message).toContain("The daemon in this sandbox does not support this operation")
      }
    }).pipe(Effect.provide(old))
  )
})
