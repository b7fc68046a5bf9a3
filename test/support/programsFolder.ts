/** Where the programs of `programs.ts` are, for as long as the tests run. */
import { mkdir, mkdtemp, rm } from "node:fs/promises"
import { join } from "node:path"
import type { TestProject } from "vitest/node"
import { root } from "../../tools/manifest.js"

declare module "vitest" {
  interface ProvidedContext {
    readonly programs: string
  }
}

/** Below the repository, so that native modules are found. */
const parent = join(root, "node_modules/.cache")

export const setup = async (project: TestProject) => {
  await mkdir(parent, { recursive: true })
  const folder = await mkdtemp(join(parent, "effect-sandboxes-tests-"))
  project.provide("programs", folder)
  return () => rm(folder, { recursive: true, force: true })
}
