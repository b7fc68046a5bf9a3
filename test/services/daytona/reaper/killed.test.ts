/** A real process that is killed with sandboxes in its scopes, and the reaper that comes afterwards. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { describe, expect, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Reaper, Sandboxes } from "../../../../src/daytona.js"
import { EmbeddedDaytona, emptyRuntime } from "../../../../src/embedded/daytona/index.js"
import { layer as nodeTransport } from "../../../../src/node/NodeTransport.js"
import { alive, daytonaOver } from "../../../support/daytonaOver.js"
import { program } from "../../../support/programs.js"

const holderProgram = program("test/services/daytona/reaper/holder.ts")
const held = 12

/** Starts a process that holds sandboxes, and returns when it has all of them. */
const holder = (apiUrl: string) =>
  Effect.gen(function* () {
    const args = [yield* holderProgram, apiUrl, `${held}`]
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] })),
      (running) => Effect.sync(() => running.kill("SIGKILL"))
    )
    yield* Effect.promise(() => Promise.race([once(child.stdout, "data"), once(child, "exit")]))
    return child
  })

describe("a process that is killed", () => {
  it.scopedLive("leaves its sandboxes, which a reaper removes, and no others", () =>
    Effect.gen(function* () {
      const server = yield* EmbeddedDaytona
      const apiUrl = `${Option.getOrThrow(server.url)}/api`
      const services = (application?: string) => daytonaOver(nodeTransport, { apiUrl, application })
      const create = Effect.flatMap(Sandboxes, (sandboxes) => sandboxes.create({ wantedFor: "1 second" }))
      const others = [
        yield* Effect.provide(create, services("other")),
        yield* Effect.provide(create, services()),
        yield* Effect.provide(
          Effect.flatMap(Sandboxes, (sandboxes) => sandboxes.create()),
          services("shop")
        )
      ]
      const child = yield* holder(apiUrl)
      expect(yield* alive).toHaveLength(others.length + held)
      const exited = once(child, "exit")
      child.kill("SIGKILL")
      yield* Effect.promise(() => exited)
      expect(yield* alive).toHaveLength(others.length + held)

      const reaper = yield* Layer.build(Layer.provide(Reaper.layer, services("shop")))
      const { run } = Context.get(reaper, Reaper)
      // Each look sees the server's clock up to a second late, so not all of them are past their time at once.
      let removed = 0
      yield* Effect.repeat(run({ grace: "0 seconds", clockSkew: "0 seconds" }), {
        until: ({ removals }) => {
          removed += removals.filter(({ outcome }) => outcome === "removed").length
          return removed >= held
        }
      })
      expect(removed).toBe(held)
      expect((yield* alive).map(({ id }) => id).sort()).toEqual(others.map(({ id }) => id).sort())
    }).pipe(Effect.provide(EmbeddedDaytona.layerServer({ durations: 0, runtime: emptyRuntime })))
  )
})
