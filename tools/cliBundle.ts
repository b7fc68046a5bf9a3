/**
 * Bundles the command line: `npm run build` writes `dist/cli.js`, what it loads when a command needs it to
 * `dist/cli.chunks`, and the licences of what is in all of it to `dist/cli.licenses.txt`.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { chmod, writeFile } from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import { build, type Metafile } from "esbuild"
import { root } from "./manifest.js"

/** Native modules, which a user installs for what needs them. */
export const native: ReadonlyArray<string> = ["@lydell/node-pty", "bufferutil", "utf-8-validate"]

/** The folder, beside the program, of what it loads when a command needs it. */
export const chunks = "cli.chunks"

/** Some of what is bundled is CommonJS and calls `require` for modules of Node. */
export const requireOfNode = `import { createRequire as createNodeRequire } from "node:module"
const require = createNodeRequire(import.meta.url)`

const packageFolder = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//

/** The folders of the packages that code was taken from. */
const packagesIn = (metafile: Metafile): ReadonlyArray<string> => {
  const inputs = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.entries(inputs))
  const folders = inputs.flatMap(([path, { bytesInOutput }]) => {
    const [, folder] = bytesInOutput > 0 ? (packageFolder.exec(path) ?? []) : []
    return folder === undefined ? [] : [folder]
  })
  return [...new Set(folders)].sort()
}

const licenceOf = (folder: string): string => {
  const at = join(root, folder)
  const {
    name,
    version,
    license = "unknown"
  }: Readonly<Record<string, string>> = JSON.parse(readFileSync(join(at, "package.json"), "utf8"))
  const file = existsSync(at) ? readdirSync(at).find((each) => /^(licen[cs]e|copying)(\.\w+)?$/i.test(each)) : undefined
  const text =
    file === undefined ? `Its package has no file with its licence, ${license}.` : readFileSync(join(at, file), "utf8")
  return `${name} ${version} (${license})\n\n${text.trim()}\n`
}

/** Writes the bundle to a file, and its chunks and the licences beside it. Returns the names of the packages in it. */
export const bundleCli = async (file: string): Promise<ReadonlyArray<string>> => {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [{ in: "src/cli/main.ts", out: basename(file, ".js") }],
    outdir: dirname(file),
    chunkNames: `${chunks}/[hash]`,
    bundle: true,
    // What a command does not need is not even read: help would take a quarter longer, and so would commands.
    splitting: true,
    platform: "node",
    format: "esm",
    target: "node20.19",
    external: [...native],
    banner: { js: `#!/usr/bin/env node\n${requireOfNode}` },
    // Names stay as they are, so that a report of a defect can be read.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: "none",
    metafile: true,
    logLevel: "warning",
    logOverride: { "direct-eval": "silent" }
  })
  await chmod(file, 0o755)
  const packages = packagesIn(metafile)
  const licences = packages.map(licenceOf).join(`\n${"-".repeat(80)}\n\n`)
  await writeFile(
    file.replace(/\.js$/, ".licenses.txt"),
    `The command line contains code of these packages.\n\n${"-".repeat(80)}\n\n${licences}`
  )
  return packages
}
