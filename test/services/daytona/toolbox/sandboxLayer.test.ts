/** A sandbox as a layer, and as a value with everything in it. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { DaytonaClient, Files, Process, Sandbox, Sandboxes, SandboxName, Toolbox } from "../../../../src/daytona.js"
import { Fault } from "../../../../src/embedded/daytona/index.js"
import { make as makeToolbox } from "../../../../src/services/daytona/toolbox/Toolbox.js"
import { make as makeWorkspace } from "../../../../src/services/daytona/toolbox/Workspace.js"
import { alive, daytona, inject, lines } from "../../../support/daytonaOver.js"

/** The sandboxes that are not deleted; the server deletes the others with a delay. */
const wanted = Effect.map(alive, (all) => all.filter(({ desiredState }) => desiredState !== "destroyed"))

const setup = daytona({ server: { durations: 0 } })

// A program that is independent of where it runs.
const greet = Effect.gen(function* () {
  const files = yield* Files
  const process = yield* Process
  yield* files.writeText("name.txt", "Ada")
  return (yield* process.execute('echo "Hello $(cat name.txt)"')).stdout
})

describe("Sandbox.layer", () => {
  it.live("is a sandbox that lives as long as the layer", () =>
    Effect.gen(function* () {
      const during = yield* Effect.gen(function* () {
        const { sandboxId } = yield* Toolbox
        return { greeting: yield* greet, sandboxId, alive: (yield* wanted).map(({ id }) => id) }
      }).pipe(Effect.provide(Sandbox.layer({ name: SandboxName.make("for-a-while") })))
      expect(during.greeting).toBe("Hello Ada\n")
      expect(during.alive).toEqual([during.sandboxId])
      expect(yield* wanted).toEqual([])
    }).pipe(Effect.provide(setup))
  )

  it.live("fails like the creation, and leaves nothing behind", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.provide(greet, Sandbox.layer({ snapshot: "no-such-snapshot" })))
      expect(error._tag).toBe("BadRequest")
      expect(yield* wanted).toEqual([])
    }).pipe(Effect.provide(setup))
  )

  it.live("two layers are two sandboxes", () =>
    Effect.gen(function* () {
      const one = Effect.map(Effect.zip(Toolbox, greet), ([{ sandboxId }]) => sandboxId)
      const fresh = Layer.fresh(Sandbox.layer())
      const ids = yield* Effect.all([Effect.provide(one, fresh), Effect.provide(one, fresh)], { concurrency: 2 })
      expect(new Set(ids).size).toBe(2)
      expect(yield* wanted).toEqual([])
    }).pipe(Effect.provide(setup))
  )
})

describe("Sandbox.connect", () => {
  it.live("works in an existing sandbox, by name, and does not delete it", () =>
    Effect.gen(function* () {
      const sandboxes = yield* Sandboxes
      const { id } = yield* sandboxes.create({ name: SandboxName.make("kept") })
      expect(yield* Effect.provide(greet, Sandbox.connect(SandboxName.make("kept")))).toBe("Hello Ada\n")
      expect((yield* wanted).map((sandbox) => sandbox.id)).toEqual([id])
    }).pipe(Effect.provide(setup))
  )

  it.live("starts one that is stopped, unless told otherwise", () =>
    Effect.gen(function* () {
      const sandboxes = yield* Sandboxes
      const { id } = yield* sandboxes.create()
      yield* sandboxes.stop(id)
      const error = yield* Effect.flip(Effect.provide(greet, Sandbox.connect(id, { start: false })))
      expect(error).toMatchObject({ _tag: "BadRequest", sandboxId: id })
      expect(error.message).toContain("`Sandboxes.start` starts it")
      expect(yield* Effect.provide(greet, Sandbox.connect(id))).toBe("Hello Ada\n")
    }).pipe(Effect.provide(setup))
  )

  it.live("fails with NotFound for one that does not exist", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.provide(greet, Sandbox.connect(SandboxName.make("nobody"))))
      expect(error._tag).toBe("NotFound")
    }).pipe(Effect.provide(setup))
  )
})

describe("a sandbox as a value", () => {
  it.live("has all services, and several sandboxes do not affect each other", () =>
    Effect.gen(function* () {
      const sandboxes = yield* Sandboxes
      const [one, two] = yield* Effect.all([sandboxes.scoped(), sandboxes.scoped()])
      yield* one.files.writeText("which.txt", "one")
      yield* two.files.writeText("which.txt", "two")
      expect((yield* one.process.execute("cat which.txt")).stdout).toBe("one\n")
      expect((yield* two.process.execute("cat which.txt")).stdout).toBe("two\n")
    }).pipe(Effect.scoped, Effect.provide(setup))
  )

  it.live("looks up the address of the toolbox once, before the first operation, if the sandbox came without it", () =>
    Effect.gen(function* () {
      const sandboxes = yield* Sandboxes
      const withoutAddress = Effect.map(
        lines,
        (all) => all.filter((line) => line.endsWith("/toolbox-proxy-url")).length
      )
      const client = yield* DaytonaClient
      const { toolboxProxyUrl: _, ...sandbox } = yield* sandboxes.create()
      const toolbox = makeToolbox(client, sandbox)
      const workspace = yield* Effect.provideService(makeWorkspace, Toolbox, toolbox)
      expect(yield* withoutAddress).toBe(0)
      yield* workspace.version
      yield* workspace.version
      expect(yield* withoutAddress).toBe(1)
    }).pipe(Effect.provide(setup))
  )

  it.live("reports that the sandbox is gone, instead of a missing file", () =>
    Effect.gen(function* () {
      const sandboxes = yield* Sandboxes
      const box = yield* sandboxes.create()
      expect(yield* box.files.exists("name.txt")).toBe(false)
      yield* sandboxes.delete(box.id, { wait: true })
      const error = yield* Effect.flip(box.files.info("name.txt"))
      expect(error).toMatchObject({ _tag: "UnexpectedStatus", status: 404, sandboxId: box.id, admitted: "no" })
      expect(error.message).toContain("The sandbox itself was not found")
    }).pipe(Effect.provide(setup))
  )

  it.live("does not blame the credentials alone when the proxy does not know the sandbox", () =>
    Effect.gen(function* () {
      const sandboxes = yield* Sandboxes
      const box = yield* sandboxes.create()
      yield* sandboxes.delete(box.id, { wait: true })
      const { _tag, message } = yield* Effect.flip(box.files.info("name.txt"))
      expect({ _tag, message }).toEqual({
        _tag: "Unauthorized",
        message: expect.stringContaining("for a sandbox that does not exist any more")
      })
    }).pipe(Effect.provide(setup))
  )

  it.live("gives advice when the proxy does not reach the daemon", () =>
    Effect.gen(function* () {
      const sandboxes = yield* Sandboxes
      const box = yield* sandboxes.create()
      yield* inject({ path: "/work-dir", fault: Fault.status(502), times: 3 })
      const error = yield* Effect.flip(box.workspace.workDirectory)
      expect(error).toMatchObject({ _tag: "ServerError", status: 502, attempts: 3, retryable: true })
      expect(error.message).toContain("The proxy could not reach the daemon")
    }).pipe(Effect.provide(setup))
  )
})
