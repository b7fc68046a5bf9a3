/** A sandbox that is created by the first request into it. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import {
  CodeInterpreter,
  ContextId,
  Files,
  Process,
  Sandbox,
  Toolbox,
  withRequestOptions
} from "../../../../src/daytona.js"
import { Fault } from "../../../../src/embedded/daytona/index.js"
import { alive, daytona, inject, lines } from "../../../support/daytonaOver.js"

const wanted = Effect.map(alive, (all) => all.filter(({ desiredState }) => desiredState !== "destroyed"))

const creations = Effect.map(lines, (all) => all.filter((line) => line === "POST /api/sandbox").length)

const over = Effect.provide(daytona({ server: { durations: 0 } }))

const hello = Effect.flatMap(Process, (process) => process.execute("echo hello"))

const lazy = Effect.provide(Sandbox.layerLazy({ language: "typescript" }))

describe("Sandbox.layerLazy", () => {
  it.live("creates one sandbox when something is asked of it, and deletes it with the layer", () =>
    Effect.gen(function* () {
      const during = yield* Effect.gen(function* () {
        const toolbox = yield* Toolbox
        const before = { id: toolbox.sandboxId, creations: yield* creations }
        const { stdout } = yield* hello
        yield* Effect.flatMap(Files, (files) => files.writeText("a", "b"))
        return { before, stdout, id: toolbox.sandboxId, language: toolbox.language, wanted: yield* wanted }
      }).pipe(lazy)
      expect(during.before).toEqual({ id: "not created yet", creations: 0 })
      expect(during.stdout).toBe("hello\n")
      expect(during.language).toBe("typescript")
      expect(during.wanted.map(({ id }) => id)).toEqual([during.id])
      expect(yield* creations).toBe(1)
      expect(yield* wanted).toEqual([])
    }).pipe(over)
  )

  it.live("sends nothing when nothing is asked", () =>
    Effect.gen(function* () {
      yield* Effect.asVoid(Files).pipe(lazy)
      expect(yield* lines).toEqual([])
    }).pipe(over)
  )

  it.live("sends nothing for invalid input", () =>
    Effect.gen(function* () {
      const remove = Effect.flatMap(CodeInterpreter, (interpreter) => interpreter.deleteContext(ContextId.make(".")))
      expect(yield* Effect.flip(remove).pipe(lazy)).toMatchObject({ _tag: "InvalidRequest", field: "id" })
      expect(yield* lines).toEqual([])
    }).pipe(over)
  )

  it.live("shares the sandbox among those who ask first at the same time", () =>
    Effect.gen(function* () {
      const outputs = yield* Effect.all([hello, hello, hello], { concurrency: 3 }).pipe(lazy)
      expect(outputs.map(({ stdout }) => stdout)).toEqual(["hello\n", "hello\n", "hello\n"])
      expect(yield* creations).toBe(1)
      expect(yield* wanted).toEqual([])
    }).pipe(over)
  )

  it.live("is created by streams and web sockets too", () =>
    Effect.gen(function* () {
      const info = yield* Effect.flatMap(Files, (files) =>
        Effect.flip(Stream.runDrain(files.download("missing")))
      ).pipe(lazy)
      const { stdout } = yield* Effect.flatMap(CodeInterpreter, (interpreter) => interpreter.run("print(1)")).pipe(lazy)
      expect([info._tag, stdout]).toEqual(["NotFound", "1\n"])
      expect(yield* creations).toBe(2)
      expect(yield* wanted).toEqual([])
    }).pipe(over)
  )

  it.live("fails the requests that waited for a failed creation, and is created by the next one", () =>
    Effect.gen(function* () {
      yield* inject({ method: "POST", path: "/sandbox", fault: Fault.status(403, { body: '{"message":"no"}' }) })
      const { errors, after } = yield* Effect.gen(function* () {
        const errors = yield* Effect.all([Effect.flip(hello), Effect.flip(hello)], { concurrency: 2 })
        return { errors, after: (yield* hello).stdout }
      }).pipe(lazy)
      for (const error of errors) {
        expect(error).toMatchObject({
          _tag: "Unavailable",
          operation: "ProcessSessions.create",
          attempts: 0,
          admitted: "no",
          retryable: false,
          cause: { _tag: "Forbidden", operation: "Sandboxes.create" }
        })
        expect(error.message).toContain("was not sent, because its sandbox could not be created: ")
      }
      expect(after).toBe("hello\n")
      expect(yield* creations).toBe(2)
      expect(yield* wanted).toEqual([])
    }).pipe(over)
  )

  it.live("reports an invalid option of the sandbox as what it is", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(hello).pipe(Effect.provide(Sandbox.layerLazy({ language: "cobol" as never })))
      expect(error).toMatchObject({ _tag: "InvalidRequest", field: "language", operation: "Sandboxes.create" })
    }).pipe(over)
  )

  it.live("does not break the others when the one who asked first is interrupted", () =>
    Effect.gen(function* () {
      yield* inject({ method: "POST", path: "/sandbox", fault: Fault.slowFirstByte("300 millis") })
      const { stdout } = yield* Effect.gen(function* () {
        const first = yield* Effect.fork(hello)
        yield* Effect.repeat(creations, { until: (count) => count === 1 })
        const second = yield* Effect.fork(hello)
        yield* Effect.yieldNow()
        yield* Fiber.interrupt(first)
        return yield* second
      }).pipe(lazy)
      expect(stdout).toBe("hello\n")
      expect(yield* creations).toBe(1)
      expect(yield* wanted).toEqual([])
    }).pipe(over)
  )

  it.live("undoes a creation that nobody waits for any more, and creates again when asked again", () =>
    Effect.gen(function* () {
      yield* inject({ method: "POST", path: "/sandbox", fault: Fault.slowFirstByte("300 millis") })
      const { between, stdout } = yield* Effect.gen(function* () {
        const asking = [yield* Effect.fork(hello), yield* Effect.fork(hello)]
        yield* Effect.repeat(creations, { until: (count) => count === 1 })
        yield* Fiber.interruptAll(asking)
        return { between: yield* wanted, stdout: (yield* hello).stdout }
      }).pipe(lazy)
      expect(between).toEqual([])
      expect(stdout).toBe("hello\n")
      expect(yield* creations).toBe(2)
      expect(yield* wanted).toEqual([])
    }).pipe(over)
  )

  it.live("undoes a creation that is in progress when the layer closes, and creates nothing afterwards", () =>
    Effect.gen(function* () {
      yield* inject({ method: "POST", path: "/sandbox", fault: Fault.slowFirstByte("300 millis") })
      const scope = yield* Scope.make()
      const services = yield* Layer.buildWithScope(Sandbox.layerLazy(), scope)
      const asking = yield* Effect.fork(Effect.exit(Effect.provide(hello, services)))
      yield* Effect.repeat(creations, { until: (count) => count === 1 })
      yield* Scope.close(scope, Exit.void)
      expect(Exit.isSuccess(yield* Fiber.join(asking))).toBe(false)
      const late = yield* Effect.flip(Effect.provide(hello, services))
      expect(late).toMatchObject({ _tag: "InvalidRequest", field: "sandbox" })
      expect(yield* wanted).toEqual([])
      expect(yield* creations).toBe(1)
    }).pipe(over)
  )

  it.live("creates with the options of the layer, not with those of the request that came first", () =>
    Effect.gen(function* () {
      yield* inject({ method: "POST", path: "/sandbox", fault: Fault.slowFirstByte("4 seconds") })
      const text = Effect.flatMap(Files, (files) => Effect.flip(files.readText("missing")))
      const error = yield* text.pipe(withRequestOptions({ timeout: "3 seconds", retry: false }), lazy)
      expect(error._tag).toBe("NotFound")
    }).pipe(over)
  )
})
