/** What a program for a browser or an edge runtime weighs that runs one prompt. */
import { dirname } from "node:path"
import { gzipSync } from "node:zlib"
import type { Plugin } from "esbuild"
import type { Figures, Suite, Variant } from "../harness/Suite.js"

const serviceAlone = `
  import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
  import { Execution, StromboliClient } from "effect-sandboxes/stromboli"
  import * as Effect from "effect/Effect"
  import * as Layer from "effect/Layer"
  const execution = Execution.layer.pipe(
    Layer.provide(StromboliClient.layer({ baseUrl: "http://localhost:8585" })),
    Layer.provide(FetchHttpClient.layer)
  )
  const program = Effect.flatMap(Execution, (execution) => execution.run({ prompt: "Hello" }))
  Effect.runPromise(Effect.provide(program, execution)).then(console.log)`

const allServices = `
  import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
  import { Execution, Stromboli } from "effect-sandboxes/stromboli"
  import * as Effect from "effect/Effect"
  import * as Layer from "effect/Layer"
  const stromboli = Stromboli.layer({ baseUrl: "http://localhost:8585" }).pipe(Layer.provide(FetchHttpClient.layer))
  const program = Effect.flatMap(Execution, (execution) => execution.run({ prompt: "Hello" }))
  Effect.runPromise(Effect.provide(program, stromboli)).then(console.log)`

/** The same, as one would write it without this package. */
const stockClient = `
  import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
  import * as HttpClient from "@effect/platform/HttpClient"
  import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
  import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
  import * as Effect from "effect/Effect"
  import * as Schema from "effect/Schema"
  const decode = HttpClientResponse.schemaBodyJson(Schema.Struct({ id: Schema.String, output: Schema.String }))
  const program = HttpClientRequest.post("http://localhost:8585/run").pipe(
    HttpClientRequest.bodyUnsafeJson({ prompt: "Hello" }),
    HttpClient.execute,
    Effect.flatMap(decode),
    Effect.provide(FetchHttpClient.layer)
  )
  Effect.runPromise(program).then(console.log)`

/**
 * What a prompt can be run without. A service has all of its methods, so no bundler leaves any of this out: what is
 * left without it is the least that `run` can weigh as it is.
 */
const parts = {
  "runs with a key": [
    "execution/keyedRun",
    "sessions/operations",
    "jobOperations",
    "internal/idOfKey",
    "internal/poll"
  ],
  "streamed runs": ["internal/streaming", "stream/untilEnd", "stream/nextChunk", "execution/outputWatch"],
  "structured runs": ["execution/structuredOutput"],
  "logging in": ["auth/credentials", "auth/operations"],
  "what scopes owe": ["internal/pendingReleases"]
} as const

/**
 * Loads what runs with a key need by `import()`. Where all becomes one file, the module and all that it needs are then
 * wrapped in functions, and less of them is left out.
 */
const keyedOnDemand: Plugin = {
  name: "runs with a key on demand",
  setup: ({ onLoad, onResolve }) => {
    const real = "?loaded on demand"
    onResolve({ filter: /\?loaded on demand$/ }, ({ path }) => ({ path: path.replace(real, ""), suffix: real }))
    onLoad({ filter: /\/execution\/keyedRun\.js$/ }, ({ path, suffix }) =>
      suffix === real
        ? undefined
        : {
            contents: `
              import * as Effect from "effect/Effect"
              const loaded = Effect.tryPromise(() => import(${JSON.stringify(path + real)}))
              export const make = (...given) => (run) => Effect.flatMap(loaded, ({ make }) => make(...given)(run))`,
            resolveDir: dirname(path)
          }
    )
  }
}

/** Replaces modules by some that export nothing but `undefined`, under the same names. */
const without = (modules: ReadonlyArray<string>): Plugin => ({
  name: "without modules",
  setup: ({ onLoad }) => {
    onLoad({ filter: new RegExp(`/effect-sandboxes/dist/.*\\b(${modules.join("|")})\\.js$`) }, async ({ path }) => {
      const { build } = await import("esbuild")
      const { metafile } = await build({
        entryPoints: [path],
        outdir: "out",
        format: "esm",
        write: false,
        metafile: true,
        tsconfigRaw: "{}"
      })
      const names = Object.values(metafile.outputs).flatMap((output) => output.exports)
      return {
        contents: names.map((name, index) => `const a${index} = undefined; export { a${index} as ${name} }`).join("\n")
      }
    })
  }
})

const isOurs = (path: string) => path.includes("node_modules/effect-sandboxes/")

const measured =
  (
    contents: string,
    { platform = "browser", plugins = [] }: { platform?: "browser" | "node"; plugins?: Array<Plugin> } = {}
  ): Variant =>
  async (): Promise<Figures> => {
    const { build } = await import("esbuild")
    const { distDirectory } = await import("../harness/directories.js")
    const bundled = (external: Array<string>) =>
      build({
        stdin: { contents, resolveDir: distDirectory },
        bundle: true,
        // The one of this repository leads to the sources.
        tsconfigRaw: "{}",
        minify: true,
        platform,
        format: "esm",
        write: false,
        metafile: true,
        external,
        plugins
      })
    const gzipped = ({ outputFiles }: Awaited<ReturnType<typeof bundled>>) =>
      gzipSync(outputFiles?.[0]?.contents ?? new Uint8Array(), { level: 9 }).length / 1000
    const whole = await bundled([])
    const ownAlone = await bundled(["effect", "@effect/*"])
    const inputs = Object.entries(Object.values(whole.metafile?.outputs ?? {})[0]?.inputs ?? {})
    const bytesOf = (which: typeof inputs) =>
      which.reduce((sum, [, { bytesInOutput }]) => sum + bytesInOutput, 0) / 1000
    return {
      gzip: gzipped(whole),
      minified: bytesOf(inputs),
      own: bytesOf(inputs.filter(([path]) => isOurs(path))),
      ownGzip: gzipped(ownAlone)
    }
  }

export const suite: Suite = {
  title: "a program that runs one prompt with fetch, bundled, minified and compressed by esbuild and gzip",
  tables: [
    {
      name: "program",
      once: true,
      base: { variant: "the stock client alone", figure: "gzip" },
      columns: [
        { figure: "gzip", unit: "KB gzip" },
        { figure: "minified", unit: "KB min" },
        { figure: "own", unit: "KB min own" },
        { figure: "ownGzip", unit: "KB gzip own" }
      ],
      variants: {
        "the stock client alone": measured(stockClient),
        "Execution alone": measured(serviceAlone),
        // Of the bundles of the package, which bundlers for Node are led to, less can be left out.
        "Execution alone, for Node": measured(serviceAlone, { platform: "node" }),
        "Stromboli.layer": measured(allServices)
      }
    },
    {
      name: "floor",
      once: true,
      base: { variant: "Execution alone", figure: "ownGzip" },
      columns: [
        { figure: "gzip", unit: "KB gzip" },
        { figure: "own", unit: "KB min own" },
        { figure: "ownGzip", unit: "KB gzip own" }
      ],
      variants: {
        "Execution alone": measured(serviceAlone),
        ...Object.fromEntries(
          Object.entries(parts).map(([part, left]) => [
            `without ${part}`,
            measured(serviceAlone, { plugins: [without(left)] })
          ])
        ),
        "without any of these": measured(serviceAlone, { plugins: [without(Object.values(parts).flat())] }),
        "runs with a key on demand": measured(serviceAlone, { plugins: [keyedOnDemand] })
      }
    }
  ]
}
