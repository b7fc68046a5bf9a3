import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { EmbeddedDaytona, Fault } from "../../../../../src/embedded/daytona/index.js"
import { simulatedDesktop } from "../../../../../src/embedded/daytona/toolbox/computerUse/simulatedDesktop.js"
import { ComputerUse } from "../../../../../src/services/daytona/toolbox/computerUse/ComputerUse.js"
import { Git } from "../../../../../src/services/daytona/toolbox/git/Git.js"
import { embeddedToolboxOver } from "../../../../support/embeddedToolbox.js"
import { transports } from "../../../../support/transports.js"

describe.each(transports)("a sandbox over $name", ({ layer }) => {
  const sandbox = Layer.provideMerge(
    Layer.mergeAll(ComputerUse.layer, Git.layer),
    embeddedToolboxOver(layer, { desktop: simulatedDesktop({ width: 320, height: 200 }) })
  )

  it.live("downloads recordings completely, and never passes off a part as the whole", () =>
    Effect.gen(function* () {
      const { faults } = yield* EmbeddedDaytona
      const { recordings, screenshot, start } = yield* ComputerUse
      yield* start
      expect((yield* screenshot.full()).image.length).toBeGreaterThan(100)
      const { id } = yield* recordings.start()
      const { sizeBytes = 0 } = yield* recordings.stop(id)
      const size = Stream.runFold(recordings.download(id), 0, (sum, bytes) => sum + bytes.length)
      expect(yield* size).toBe(sizeBytes)
      const path = "/computeruse/recordings/{id}/download"
      for (const end of ["reset", "clean"] as const) {
        yield* faults.inject({ fault: Fault.cutBody(Math.floor(sizeBytes / 2), end), path })
        expect((yield* Effect.flip(size))._tag).toBe("StreamInterrupted")
      }
      expect(yield* faults.pending).toEqual([])
    }).pipe(Effect.provide(sandbox))
  )

  it.live("deletes branches, which takes a DELETE with a body", () =>
    Effect.gen(function* () {
      const git = yield* Git
      const path = "repository"
      yield* git.init(path, { initialBranch: "main" })
      yield* git.commit(path, { message: "first", author: { name: "a", email: "e" }, allowEmpty: true })
      yield* git.createBranch(path, { name: "b" })
      yield* git.checkout(path, { branch: "main" })
      yield* git.deleteBranch(path, { name: "b" })
      expect((yield* git.branches(path)).branches).toEqual(["main"])
    }).pipe(Effect.provide(sandbox))
  )
})
