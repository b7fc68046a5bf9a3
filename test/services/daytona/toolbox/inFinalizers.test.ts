/** Finalizers save work: what is done in a sandbox works there too, where nothing can be interrupted. */
import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { type Sandbox, Sandboxes } from "../../../../src/daytona.js"
import { daytona } from "../../../support/daytonaOver.js"

/** Does this in a finalizer of a fiber that is interrupted in its sandbox. */
const inFinalizer = <A, E>(save: (sandbox: Sandbox.ConnectedSandbox) => Effect.Effect<A, E>) =>
  Effect.gen(function* () {
    const holds = yield* Deferred.make<void>()
    const saved = yield* Deferred.make<A, E>()
    const handler = yield* Effect.gen(function* () {
      const sandbox = yield* Effect.flatMap(Sandboxes, (sandboxes) => sandboxes.scoped())
      yield* Effect.addFinalizer(() => Effect.intoDeferred(save(sandbox), saved))
      yield* Deferred.succeed(holds, undefined)
      return yield* Effect.never
    }).pipe(Effect.scoped, Effect.fork)
    yield* Deferred.await(holds)
    yield* Fiber.interrupt(handler)
    return yield* Effect.exit(Deferred.await(saved))
  }).pipe(Effect.provide(daytona({ server: { durations: 0 } })))

describe("a finalizer", () => {
  it.live("runs a command", () =>
    Effect.gen(function* () {
      const saved = yield* inFinalizer(({ process }) => process.execute("echo saved"))
      expect(saved).toMatchObject(Exit.succeed({ exitCode: 0, stdout: "saved\n" }))
    })
  )

  it.live("waits for a command no longer than its limit", () =>
    Effect.gen(function* () {
      const saved = yield* inFinalizer(({ process }) =>
        Effect.flip(process.execute("sleep 1000", { timeout: "1 second" }))
      )
      expect(saved).toMatchObject(Exit.succeed({ _tag: "CommandTimeout" }))
    })
  )

  it.live("uploads and downloads files, whole and as streams", () =>
    Effect.gen(function* () {
      const saved = yield* inFinalizer(({ files }) =>
        Effect.gen(function* () {
          yield* files.writeText("whole", "1")
          yield* files.upload("stream", Stream.make(new TextEncoder().encode("2")))
          const stream = yield* Stream.mkString(Stream.decodeText(files.download("stream")))
          return (yield* files.readText("whole")) + stream
        })
      )
      expect(saved).toEqual(Exit.succeed("12"))
    })
  )
})
