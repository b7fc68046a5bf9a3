/** The places whose directories have to behave alike, on this machine: tests see their files. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { layerCommand } from "../../../src/claude-code/layerCommand.js"
import { layerSandbox } from "../../../src/claude-code/sandbox/layerSandbox.js"
import { Files } from "../../../src/services/daytona/toolbox/files/Files.js"
import { Process } from "../../../src/services/daytona/toolbox/process/Process.js"
import { Workspace } from "../../../src/services/daytona/toolbox/Workspace.js"
import { embeddedToolbox } from "../../support/embeddedToolbox.js"

/** The directory that tests have for themselves, as Claude's options name it and as this process finds it. */
export class Parent extends Context.Tag("test/Parent")<Parent, { readonly option: string; readonly path: string }>() {}

/** A new directory for one test; it does not exist yet. */
export const fresh = Effect.map(Parent, ({ option, path }) => {
  const name = `work ${Math.random().toString(36).slice(2)}`
  return { workingDirectory: join(option, name), path: join(path, name) }
})

const onThisMachine = Layer.merge(
  layerCommand(),
  Layer.scoped(
    Parent,
    Effect.map(
      Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "work-directory-"))),
        (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
      ),
      (path) => ({ option: path, path })
    )
  )
).pipe(Layer.provide(NodeContext.layer))

const inSandbox = Layer.merge(
  layerSandbox(),
  Layer.effect(
    Parent,
    Effect.flatMap(Process, (process) =>
      Effect.map(process.execute("mkdir here; cd here; pwd"), ({ stdout }) => ({ option: "here", path: stdout.trim() }))
    )
  )
).pipe(Layer.provide(Layer.mergeAll(Process.layer, Files.layer, Workspace.layer)), Layer.provide(embeddedToolbox()))

export const places = [
  ["on this machine", onThisMachine],
  ["in a sandbox", inSandbox]
] as const
