/** What a bundler finds behind an entry of the installed package, and what it keeps. */
import { builtinModules } from "node:module"
import { build, type Plugin } from "esbuild"
import { manifest } from "../tools/manifest.js"

export interface Bundle {
  /** Our modules of which something is left: `services/stromboli/Jobs.js`. */
  readonly kept: ReadonlyArray<string>
  /** What our modules import by the name of a package: `effect/Effect`, `node:fs`. */
  readonly imported: ReadonlyArray<string>
  /** Every package in the bundle, without our own. */
  readonly packages: ReadonlyArray<string>
  /** The modules of Node that anything in the bundle imports. */
  readonly builtins: ReadonlyArray<string>
  readonly text: string
}

const ours = `node_modules/${manifest.name}/dist/`

const isBuiltin = (path: string) => path.startsWith("node:") || builtinModules.includes(path)

// A bundler for browsers stops at what only Node has; here it is to be counted.
const nodeIsElsewhere: Plugin = {
  name: "node-is-elsewhere",
  setup: (building) => {
    building.onResolve({ filter: /.*/ }, ({ path }) => (isBuiltin(path) ? { path, external: true } : undefined))
  }
}

export const bundle = async (program: string, directory: string, platform: "browser" | "node"): Promise<Bundle> => {
  const { metafile, outputFiles } = await build({
    stdin: { contents: program, resolveDir: directory },
    absWorkingDir: directory,
    bundle: true,
    platform,
    format: "esm",
    target: "es2022",
    metafile: true,
    write: false,
    external: ["*.node"],
    plugins: [nodeIsElsewhere],
    logLevel: "silent"
  })
  const inputs = Object.entries(metafile.inputs)
  const outputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs))
  return {
    kept: outputs
      .filter(([path, { bytesInOutput }]) => path.startsWith(ours) && bytesInOutput > 0)
      .map(([path]) => path.slice(ours.length)),
    imported: unique(
      inputs
        .filter(([path]) => path.startsWith(ours))
        .flatMap(([, { imports }]) => imports)
        .map(({ original, path }) => original ?? path)
        .filter((specifier) => !specifier.startsWith("."))
    ),
    packages: unique(inputs.map(([path]) => packageAt(path))).filter((name) => name !== "" && name !== manifest.name),
    builtins: unique(
      inputs.flatMap(([, { imports }]) => imports.filter(({ external }) => external === true).map(({ path }) => path))
    ).filter(isBuiltin),
    text: outputFiles[0]?.text ?? ""
  }
}

export const unique = (values: ReadonlyArray<string>): ReadonlyArray<string> => [...new Set(values)].sort()

/** The package that a specifier names: `@effect/platform` in `@effect/platform/HttpClient`. */
export const packageOf = (specifier: string): string => /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? ""

const packageAt = (path: string): string => packageOf(/^.*node_modules\/(.*)$/.exec(path)?.[1] ?? "")
