/**
 * Makes what is measured: the package and this program as plain JavaScript, in `bench/dist`, so that no measured
 * process carries a compiler. The package is put where `import "effect-sandboxes/…"` finds it, file by file and with
 * its own `package.json`, as npm would install it.
 */
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { copyFile, mkdir, readdir, rm } from "node:fs/promises"
import { join } from "node:path"
import { build } from "esbuild"
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

const sources = async (directory: string, except: ReadonlyArray<string> = []): Promise<Array<string>> => {
  const names = await readdir(directory, { recursive: true })
  return names
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"))
    .filter((name) => !except.some((folder) => name.startsWith(folder)))
    .map((name) => join(directory, name))
}

const transpile = (entryPoints: Array<string>, outbase: string, outdir: string) =>
  build({ entryPoints, outbase, outdir, format: "esm", target: "es2022", platform: "node", logLevel: "error" })

export const prepare = async (): Promise<void> => {
  installPeers()
  await rm(distDirectory, { recursive: true, force: true })
  await mkdir(packageDirectory, { recursive: true })
  const src = join(root, "src")
  await transpile(await sources(src), src, join(packageDirectory, "dist"))
  await copyFile(join(root, "package.json"), join(packageDirectory, "package.json"))
  await transpile(await sources(benchDirectory, ["node_modules", "dist"]), benchDirectory, distDirectory)
}
