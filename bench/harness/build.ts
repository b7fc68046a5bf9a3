/**
 * Makes what is measured: the package and this program as plain JavaScript, in `bench/dist`, so that no measured
 * process carries a compiler. The package is put where `import "effect-sandboxes/…"` finds it, built and with its own
 * `package.json`, as npm would install it.
 */
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { copyFile, mkdir, readdir, rm } from "node:fs/promises"
import { join } from "node:path"
import { build } from "esbuild"
import { transpile } from "../../tools/compile.js"
import { bundleForNode } from "../../tools/nodeBundles.js"
import { benchDirectory, distDirectory, packageDirectory } from "./directories.js"

const root = join(benchDirectory, "..")

const installPeers = () => {
  if (existsSync(join(benchDirectory, "node_modules"))) return
  // Not even the engines are asked: version 4 of eventsource-parser runs on Node 20, and says that it does not.
  const { status } = spawnSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: benchDirectory,
    stdio: ["ignore", 2, 2]
  })
  if (status !== 0) throw new Error("npm ci failed in bench/")
}

const sources = async (): Promise<Array<string>> => {
  const names = await readdir(benchDirectory, { recursive: true })
  return names
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts") && !/^(node_modules|dist)\//.test(name))
    .map((name) => join(benchDirectory, name))
}

export const prepare = async (): Promise<void> => {
  installPeers()
  await rm(distDirectory, { recursive: true, force: true })
  await mkdir(packageDirectory, { recursive: true })
  const dist = join(packageDirectory, "dist")
  await transpile(dist)
  await bundleForNode(dist)
  await copyFile(join(root, "package.json"), join(packageDirectory, "package.json"))
  await build({
    entryPoints: await sources(),
    outbase: benchDirectory,
    outdir: distDirectory,
    format: "esm",
    target: "es2022",
    platform: "node",
    logLevel: "error"
  })
}
