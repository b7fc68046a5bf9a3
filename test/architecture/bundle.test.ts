import { fileURLToPath } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import { build, type Metafile } from "esbuild"

const root = fileURLToPath(new URL("../../", import.meta.url))

/** What a bundler makes of a program. For browsers and workers it fails on what those do not have. */
const bundled = async (
  program: string,
  platform: "browser" | "node" = "browser"
): Promise<{ readonly metafile: Metafile; readonly text: string }> => {
  const { metafile, outputFiles } = await build({
    stdin: { contents: program, resolveDir: root, loader: "ts" },
    bundle: true,
    platform,
    format: "esm",
    minify: true,
    metafile: true,
    ...(platform === "node" ? { packages: "external" as const } : {}),
    write: false,
    logLevel: "silent"
  })
  return { metafile, text: outputFiles[0]?.text ?? "" }
}

/** The sources of which something is left in the bundle of a program. */
const keptOf = async (program: string): Promise<ReadonlyArray<string>> => {
  const { metafile } = await bundled(program)
  const inputs = Object.entries(Object.values(metafile.outputs)[0]?.inputs ?? {})
  return inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => path)
}

describe("a bundle for browsers", () => {
  it("can be made of the whole of Stromboli, without anything from Node", async () => {
    const { metafile, text } = await bundled('export * from "./src/stromboli.ts"')
    const inputs = Object.keys(metafile.inputs)
    expect(inputs).toContain("src/services/stromboli/execution/Execution.ts")
    expect(inputs.filter((path) => /node_modules\/(undici|ws|@effect\/platform-node)/.test(path))).toEqual([])
    expect(text).not.toMatch(/["']node:/)
  })

  it("leaves out what a program does not use", async () => {
    const kept = await keptOf('export { Jobs } from "./src/stromboli.ts"')
    expect(kept).toContain("src/services/stromboli/Jobs.ts")
    expect(kept).not.toContain("src/services/stromboli/execution/Execution.ts")
    expect(kept).not.toContain("src/stream/Sse.ts")
  })

  it("has no web sockets, unless the system has some", async () => {
    const ofStromboli = await keptOf('export { Execution, StromboliClient } from "./src/stromboli.ts"')
    expect(ofStromboli).toContain("src/internal/ApiClient.ts")
    expect(ofStromboli.filter((path) => /socket/i.test(path))).toEqual([])
    expect(await keptOf('export { DaytonaClient } from "./src/daytona.ts"')).toContain("src/internal/SocketClient.ts")
  })

  it("reads the results of runs without all other messages of Claude", async () => {
    const kept = await keptOf('export { Execution, StromboliClient } from "./src/stromboli.ts"')
    expect(kept).toContain("src/schema/stromboli/resultMessage.ts")
    expect(kept).not.toContain("src/schema/stromboli/ClaudeMessage.ts")
  })

  it("has no client of a server where Claude runs on the machine of the program", async () => {
    const kept = await keptOf('export { ClaudeCode, layerCommand } from "./src/claude-code/index.ts"')
    expect(kept).toContain("src/claude-code/commandProcess.ts")
    expect(kept.filter((path) => /^src\/services\/.*\/[A-Z]|ApiClient/.test(path))).toEqual([])
  })

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
  })

  it("can be made of the tools for models, with a peer that no other entry loads", async () => {
    const { metafile } = await bundled('export * from "./src/ai/index.ts"')
    expect(Object.keys(metafile.inputs).some((path) => path.includes("node_modules/@effect/ai/"))).toBe(true)
    const core = await bundled('export * from "./src/index.ts"; export * from "./src/daytona.ts"')
    expect(Object.keys(core.metafile.inputs).filter((path) => /@effect\/ai\/|src\/ai\//.test(path))).toEqual([])
  })

  it("could not have been made of what needs Node", async () => {
    await expect(bundled('export * from "./src/node/index.ts"')).rejects.toThrow(/node:/)
  })
})

/** The sources of ours that an entry loads. */
const loadedBy = async (entry: string): Promise<ReadonlyArray<string>> => {
  const { metafile } = await bundled(`export * from ${JSON.stringify(`./src/${entry}`)}`, "node")
  return Object.keys(metafile.inputs).filter((path) => path.startsWith("src/"))
}

describe("the entry for the page of a run", () => {
  it("needs nothing but Effect, and is made for browsers too", async () => {
    const { metafile, text } = await bundled('export * from "./src/report/index.ts"')
    const packages = Object.keys(metafile.inputs).flatMap(
      (path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []
    )
    // `fast-check` is behind the schemas of Effect, and left out.
    expect([...new Set(packages)].sort()).toEqual(["effect", "fast-check", "pure-rand"])
    expect(Object.keys(metafile.inputs).filter((path) => path.startsWith("src/services/"))).toEqual([])
    expect(text).not.toMatch(/["']node:/)
  })
})

describe("the entry for Node", () => {
  const ofASystem = /(^|\/)(stromboli|daytona)[^/]*(\/|$)/i

  it("loads the transport, and nothing of a system", async () => {
    const loaded = await loadedBy("node/index.ts")
    expect(loaded).toContain("src/node/undici/client.ts")
    expect(loaded.filter((path) => ofASystem.test(path))).toEqual([])
  })

  it("has the bridge to Daytona's sandboxes in an entry of its own", async () => {
    const loaded = await loadedBy("node/daytona/index.ts")
    expect(loaded).toContain("src/node/daytona/NodeFiles.ts")
    expect(loaded.filter((path) => ofASystem.test(path)).length).toBeGreaterThan(10)
    expect(loaded).not.toContain("src/node/undici/client.ts")
  })
})
