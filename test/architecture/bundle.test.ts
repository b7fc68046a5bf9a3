import { fileURLToPath } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import { build, type Metafile } from "esbuild"

const root = fileURLToPath(new URL("../../", import.meta.url))

/** What a bundler makes of a program for browsers and workers; it fails on what those do not have. */
const bundled = async (program: string): Promise<{ readonly metafile: Metafile; readonly text: string }> => {
  const { metafile, outputFiles } = await build({
    stdin: { contents: program, resolveDir: root, loader: "ts" },
    bundle: true,
    platform: "browser",
    format: "esm",
    minify: true,
    metafile: true,
    write: false,
    logLevel: "silent"
  })
  return { metafile, text: outputFiles[0]?.text ?? "" }
}

describe("a bundle for browsers", () => {
  it("can be made of the whole of Stromboli, without anything from Node", async () => {
    const { metafile, text } = await bundled('export * from "./src/stromboli.ts"')
    const inputs = Object.keys(metafile.inputs)
    expect(inputs).toContain("src/services/stromboli/execution/Execution.ts")
    expect(inputs.filter((path) => /node_modules\/(undici|ws|@effect\/platform-node)/.test(path))).toEqual([])
    expect(text).not.toMatch(/["']node:/)
  }, 30_000)

  it("leaves out what a program does not use", async () => {
    const { metafile } = await bundled('export { Jobs } from "./src/stromboli.ts"')
    const inputs = Object.entries(Object.values(metafile.outputs)[0]?.inputs ?? {})
    const kept = inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => path)
    expect(kept).toContain("src/services/stromboli/Jobs.ts")
    expect(kept).not.toContain("src/services/stromboli/execution/Execution.ts")
    expect(kept).not.toContain("src/stream/Sse.ts")
  }, 30_000)

  it("loads the packages that only images with local files need when such an image is built", async () => {
    const { metafile } = await bundled('export * from "./src/daytona.ts"')
    const kinds = new Map<string, string>()
    for (const { imports } of Object.values(metafile.inputs)) {
      for (const { kind, original = "" } of imports) {
        if (["aws4fetch", "ignore", "modern-tar", "smol-toml"].includes(original)) kinds.set(original, kind)
      }
    }
    expect(Object.fromEntries(kinds)).toEqual({
      aws4fetch: "dynamic-import",
      ignore: "dynamic-import",
      "modern-tar": "dynamic-import",
      "smol-toml": "dynamic-import"
    })
  }, 30_000)

  it("could not have been made of what needs Node", async () => {
    await expect(bundled('export * from "./src/node/index.ts"')).rejects.toThrow(/node:/)
  }, 30_000)
})
