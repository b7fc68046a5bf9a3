/** What a program for a browser or an edge runtime weighs that runs one prompt. */
import { gzipSync } from "node:zlib"
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

const isOurs = (path: string) => path.includes("node_modules/effect-sandboxes/")

const measured =
  (contents: string, platform: "browser" | "node" = "browser"): Variant =>
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
        external
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
        "Execution alone, for Node": measured(serviceAlone, "node"),
        "Stromboli.layer": measured(allServices)
      }
    }
  ]
}
