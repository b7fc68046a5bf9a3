import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { ContextId } from "../../../../../src/schema/daytona/toolbox/Interpreter.js"
import { json, later } from "../../../../support/scriptedServer.js"
import { done } from "../../../../support/scriptedToolbox.js"
import { context, interpreterOver, use } from "./support.js"

const path = "/process/interpreter/context"
const id = ContextId.make("c-1")

describe("contexts of the code interpreter", () => {
  it.effect("are created with a directory, or without", () =>
    Effect.gen(function* () {
      const { bodies, layer, lines } = interpreterOver([], context("c-1"))
      const create = use((interpreter) =>
        Effect.zip(interpreter.createContext({ cwd: "app" }), interpreter.createContext())
      )
      const [made] = yield* Effect.provide(create, layer)
      expect(made).toEqual({
        id: "c-1",
        cwd: "/home/daytona",
        createdAt: "2026-06-01T00:00:00Z",
        active: true,
        language: "python"
      })
      expect(lines()).toEqual([`POST ${path}`, `POST ${path}`])
      expect(bodies()).toEqual([{ cwd: "app" }, {}])
    })
  )

  it.effect("explain that Python did not start, when an older daemon does not", () =>
    Effect.gen(function* () {
      const { layer } = interpreterOver([], { status: 500 })
      const error = yield* Effect.flip(
        Effect.provide(
          use(({ createContext }) => createContext()),
          layer
        )
      )
      expect(error._tag).toBe("ServerError")
      expect(error.message).toContain("python3")
    })
  )

  it.effect("are listed, also when the daemon says `null`", () =>
    Effect.gen(function* () {
      const one = { id: "c-1", cwd: "/", createdAt: "2026-06-01T00:00:00Z", active: true, language: "python" }
      const { layer } = interpreterOver([], json({ contexts: [one] }), json({ contexts: null }))
      const both = Effect.provide(
        use(({ listContexts }) => Effect.zip(listContexts, listContexts)),
        layer
      )
      expect(yield* both).toEqual([[one], []])
    })
  )

  it.effect("are deleted by id, and NotFound when they do not exist", () =>
    Effect.gen(function* () {
      const { layer, lines } = interpreterOver([], done, { status: 404 }, { status: 400 })
      const remove = Effect.provide(
        use(({ deleteContext }) => deleteContext(id)),
        layer
      )
      yield* remove
      expect(yield* Effect.flip(remove)).toMatchObject({ _tag: "NotFound" })
      expect(yield* Effect.flip(remove)).toMatchObject({ _tag: "BadRequest" })
      expect(new Set(lines())).toEqual(new Set([`DELETE ${path}/c-1`]))
    })
  )

  it.effect("with a scope are deleted with it, even if they are gone by then", () =>
    Effect.gen(function* () {
      for (const answer of [done, { status: 404 }]) {
        const { layer, lines } = interpreterOver([], context("c-1"), answer)
        yield* Effect.scoped(use(({ scopedContext }) => scopedContext())).pipe(Effect.provide(layer))
        expect(lines()).toEqual([`POST ${path}`, `DELETE ${path}/c-1`])
      }
    })
  )

  it.effect("are not created for invalid code", () =>
    Effect.gen(function* () {
      const { layer, lines } = interpreterOver([])
      for (const [code, options, field] of [
        [" ", {}, "code"],
        ["1", { timeout: 0 }, "timeout"],
        ["1", { env: { "a-b": "c" } }, "env.a-b"]
      ] as const) {
        const run = use((interpreter) => interpreter.run(code, { ...options, isolated: true }))
        expect(yield* Effect.flip(Effect.provide(run, layer))).toMatchObject({ _tag: "InvalidRequest", field })
      }
      expect(lines()).toEqual([])
    })
  )

  it.effect("with a scope are deleted when their creation is interrupted before their id is known", () =>
    Effect.gen(function* () {
      const { asked, layer, lines } = interpreterOver([], later("5 seconds", context("c-1")), done)
      const begun = yield* Deferred.make<void>()
      const fiber = yield* Effect.scoped(
        Effect.zipRight(
          Deferred.succeed(begun, undefined),
          use(({ scopedContext }) => scopedContext())
        )
      ).pipe(Effect.provide(layer), Effect.fork)
      yield* Deferred.await(begun)
      yield* Effect.yieldNow().pipe(Effect.repeat({ until: () => asked.length > 0 }))
      const interrupting = yield* Effect.fork(Fiber.interrupt(fiber))
      yield* Effect.yieldNow()
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(interrupting)
      expect(lines()).toEqual([`POST ${path}`, `DELETE ${path}/c-1`])
    })
  )
})
