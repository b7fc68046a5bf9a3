/** Builds the command line once for all of its tests. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { TestProject } from "vitest/node"
import { bundleCli } from "../../../tools/cliBundle.js"

declare module "vitest" {
  interface ProvidedContext {
    /** The bundled program. */
    readonly cli: string
  }
}

export const setup = async (project: TestProject) => {
  const directory = await mkdtemp(join(tmpdir(), "effect-sandboxes-cli-"))
  const file = join(directory, "cli.js")
  await bundleCli(file)
  project.provide("cli", file)
  return () => rm(directory, { recursive: true, force: true })
}
