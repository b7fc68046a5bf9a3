/** Builds the command line once for all of its tests. */
import { mkdtemp, rm, writeFile } from "node:fs/promises"
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

/** With `EFFECT_SANDBOXES_CLI`, a program that is there already is tested: that of the installed package. */
export const setup = async (project: TestProject) => {
  const installed = process.env["EFFECT_SANDBOXES_CLI"]
  if (installed !== undefined) return project.provide("cli", installed)
  const directory = await mkdtemp(join(tmpdir(), "effect-sandboxes-cli-"))
  const file = join(directory, "cli.js")
  await bundleCli(file)
  // As in the package: without it, Node compiles each file twice to find out what it is.
  await writeFile(join(directory, "package.json"), '{ "type": "module" }')
  project.provide("cli", file)
  return () => rm(directory, { recursive: true, force: true })
}
