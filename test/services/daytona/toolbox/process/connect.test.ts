/** Commands that are found again by their handle, as another process does. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { CommandHandle } from "../../../../../src/schema/daytona/Handles.js"
import { SandboxId } from "../../../../../src/schema/daytona/Identifiers.js"
import { Process } from "../../../../../src/services/daytona/toolbox/process/Process.js"
import { embeddedToolbox, generations } from "../../../../support/embeddedToolbox.js"

/** What arrives in another process: JSON, and services of its own. */
const elsewhere = (handle: CommandHandle) =>
  Effect.flatMap(Process, (process) =>
    process.connect(Schema.decodeSync(Schema.parseJson(CommandHandle))(JSON.stringify(handle)))
  ).pipe(Effect.provide(Layer.fresh(Process.layer)))

describe.each(generations)("a command of generation %s, found by its handle", (generation) => {
  const sandbox = Layer.provideMerge(Process.layer, embeddedToolbox({ generation }))

  it.live("has its output from the beginning, takes input and has the exit code", () =>
    Effect.gen(function* () {
      const started = yield* Effect.flatMap(Process, ({ start }) =>
        start("echo ready; read name; echo hello $name; exit 3")
      )
      yield* started.awaitLog("ready")
      const found = yield* elsewhere(started.handle)
      expect(found.handle).toEqual(started.handle)
      yield* found.sendInput("Ada")
      expect(yield* Stream.mkString(Stream.map(found.outputText, ({ text }) => text))).toContain("ready\nhello Ada\n")
      expect(yield* found.exitCode).toBe(3)
      expect(yield* started.exitCode).toBe(3)
    }).pipe(Effect.scoped, Effect.provide(sandbox))
  )

  it.live("can be killed, and is not found afterwards", () =>
    Effect.gen(function* () {
      const started = yield* Effect.flatMap(Process, ({ start }) => start("sleep 60"))
      const found = yield* elsewhere(started.handle)
      yield* found.kill
      expect((yield* Effect.flip(found.exitCode))._tag).toBe("SessionEnded")
      expect((yield* Effect.flip(elsewhere(started.handle)))._tag).toBe("NotFound")
    }).pipe(Effect.scoped, Effect.provide(sandbox))
  )

  it.live("is refused before anything is sent when it is in another sandbox", () =>
    Effect.gen(function* () {
      const started = yield* Effect.flatMap(Process, ({ start }) => start("sleep 60"))
      const other = { ...started.handle, sandboxId: SandboxId.make("another") }
      expect(yield* Effect.flip(elsewhere(other))).toMatchObject({
        _tag: "InvalidRequest",
        operation: "Process.connect",
        field: "command.sandboxId"
      })
    }).pipe(Effect.scoped, Effect.provide(sandbox))
  )
})
