/** Puts the package, and the programs that use it, where the runtimes look for them. */
import { mkdir, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"
import { npmInstall } from "../package-check/program.js"

export const directory = fileURLToPath(new URL(".", import.meta.url))

/** Bundled programs; inside `node_modules`, which is where nothing is checked in. */
export const built = join(directory, "node_modules/.built")

/** Installs the runtimes, in the versions of the lock file, and the package from its tarball. */
export const prepare = async (tarball: string): Promise<void> => {
  // Not `npm ci`: it insists on the binaries of every platform, and a registry may not have them all.
  await npmInstall(directory, [tarball], ["--no-save"])
  await rm(built, { recursive: true, force: true })
  await mkdir(built, { recursive: true })
  // Bun follows the paths of the nearest settings, and those of this repository lead to the sources.
  await writeFile(join(built, "tsconfig.json"), "{}")
  const common = { absWorkingDir: directory, outdir: built, bundle: true, format: "esm", target: "es2022" } as const
  // Node, Bun and Deno import the installed package themselves; the others get everything in one file.
  await build({
    ...common,
    entryPoints: ["program/onCommandLine.ts", "program/servers.ts"],
    packages: "external",
    platform: "node",
    tsconfigRaw: {}
  })
  await build({
    ...common,
    entryPoints: ["program/inWorker.ts", "program/inPage.ts"],
    platform: "browser",
    tsconfigRaw: {}
  })
}
