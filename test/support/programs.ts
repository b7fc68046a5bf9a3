/**
 * Programs as single files, for tests that start them: compiled by `tsx` at each start, they would need more than a
 * second for what takes a fifth of that.
 */
import { mkdtempSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { build } from "esbuild"
import { inject } from "vitest"
import { native, requireOfNode } from "../../tools/cliBundle.js"
import { root } from "../../tools/manifest.js"

const bundle = async (paths: ReadonlyArray<string>): Promise<string> => {
  const outdir = mkdtempSync(join(inject("programs"), "bundle-"))
  await build({
    absWorkingDir: root,
    entryPoints: [...paths],
    outbase: root,
    outdir,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    platform: "node",
    format: "esm",
    target: "node20.19",
    external: [...native, "better-sqlite3"],
    banner: { js: requireOfNode },
    logLevel: "warning",
    logOverride: { "direct-eval": "silent" }
  })
  return outdir
}

/** The file of each of these programs, which are named by their paths in the repository; they are bundled once. */
export const programs = (paths: ReadonlyArray<string>): ((path: string) => Effect.Effect<string>) => {
  let outdir: Promise<string> | undefined
  return (path) =>
    Effect.promise(async () => {
      outdir ??= bundle(paths)
      return join(await outdir, path.replace(/\.ts$/, ".mjs"))
    })
}

/** The file of one program. */
export const program = (path: string): Effect.Effect<string> => programs([path])(path)
