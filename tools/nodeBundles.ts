/**
 * Bundles the entries for Node: the export condition `node` leads to a few large files, because loading hundreds of
 * small ones takes as long as running them. Everyone else gets the files themselves, of which bundlers take less.
 */
import { join, relative } from "node:path"
import { build } from "esbuild"
import { entries } from "./manifest.js"

const published = "./dist/"

/**
 * Bundles what was compiled into a folder. All entries share what they have in common, so that no class exists twice.
 */
export const bundleForNode = async (compiled: string): Promise<void> => {
  const inCompiled = (path: string) => join(compiled, relative(published, path))
  await build({
    absWorkingDir: compiled,
    entryPoints: entries.map(({ target }) => ({
      in: inCompiled(target.default),
      out: relative("bundles", relative(published, target.node)).replace(/\.js$/, "")
    })),
    outdir: join(compiled, "bundles"),
    chunkNames: "chunks/[hash]",
    bundle: true,
    splitting: true,
    packages: "external",
    platform: "node",
    format: "esm",
    target: "es2022",
    sourcemap: true,
    // The sources are published beside it.
    sourcesContent: false,
    // The paths of this repository lead to the sources.
    tsconfigRaw: {},
    logLevel: "warning"
  })
}
