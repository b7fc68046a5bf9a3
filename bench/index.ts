/**
 * All benches, one after another; each prints ratios against peers that ran in the same minutes on the same machine. Run
 * with `npm run bench`, or one of them alone with `npx tsx bench/<name>.ts`.
 */
import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { gzipSync } from "node:zlib"
import { build } from "esbuild"

const root = fileURLToPath(new URL("../", import.meta.url))

const run = (script: string, ...args: ReadonlyArray<string>) =>
  spawnSync(process.execPath, ["--expose-gc", "--import", "tsx", `${root}bench/${script}.ts`, ...args], {
    stdio: "inherit"
  }).status ?? 1

/** What a program adds to a page, minified and compressed. */
const bundleSize = async (program: string): Promise<number> => {
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: root, loader: "ts" },
    bundle: true,
    platform: "browser",
    format: "esm",
    minify: true,
    write: false
  })
  return gzipSync(outputFiles[0]?.contents ?? new Uint8Array()).length / 1000
}

const stockClient = `
  import * as Effect from "effect/Effect"
  import * as Stream from "effect/Stream"
  import * as Schema from "effect/Schema"
  import * as HttpClient from "@effect/platform/HttpClient"
  import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
  export { layer } from "@effect/platform/FetchHttpClient"
  const decode = HttpClientResponse.schemaBodyJson(Schema.Struct({ id: Schema.String }))
  export const one = (url: string) => Effect.flatMap(HttpClient.get(url), decode)
  export const stream = (url: string) => HttpClientResponse.stream(HttpClient.get(url)).pipe(Stream.decodeText())`
const programs = {
  "a program on the stock client, with fetch": stockClient,
  "one service on fetch": `
    export { layer } from "@effect/platform/FetchHttpClient"
    export { Jobs, StromboliClient } from "./src/stromboli.ts"`,
  "all of Stromboli on fetch": `
    export { layer as fetch } from "@effect/platform/FetchHttpClient"
    export * from "./src/stromboli.ts"`
}

console.log("bundle for browsers, minified and compressed")
for (const [name, program] of Object.entries(programs)) {
  console.log(`  ${name.padEnd(46)} ${(await bundleSize(program)).toFixed(1).padStart(7)} KB`)
}

const statuses = [run("requests", "3"), run("memory", "1024"), run("sse"), run("files", "1024")]
process.exitCode = Math.max(...statuses)
