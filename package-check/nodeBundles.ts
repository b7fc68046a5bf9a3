/** What Node loads in place of the modules: the same, from fewer files, and nothing of it twice. */
import { readdir, readFile } from "node:fs/promises"
import { dirname, join, normalize } from "node:path"
import { entries, manifest } from "../tools/manifest.js"
import { succeed } from "./program.js"

export const checkNodeBundles = async (directory: string): Promise<string> => {
  const at = join(directory, "node_modules", manifest.name)
  const problems = [
    ...(await sourcesInTwoBundles(join(at, "dist/bundles"))),
    ...(await run<ReadonlyArray<string>>(whatDiffers, directory)),
    ...(await framesOfOurs(directory))
  ]
  if (problems.length > 0) throw new Error(problems.join("\n"))
  return `${entries.length} entries with what their modules have, each class once, and no frame of ours in a failure`
}

const run = async <A>(program: string, directory: string): Promise<A> => {
  const output = await succeed(process.execPath, ["--input-type=module", "--eval", program], { directory, limit: 60 })
  return JSON.parse(output.trim().split("\n").at(-1) ?? "")
}

const sourcesInTwoBundles = async (bundles: string): Promise<ReadonlyArray<string>> => {
  const placeOf = new Map<string, string>()
  const problems: Array<string> = []
  const files = await readdir(bundles, { recursive: true })
  for (const file of files.filter((name) => name.endsWith(".js.map"))) {
    const { sources }: { readonly sources: ReadonlyArray<string> } = JSON.parse(
      await readFile(join(bundles, file), "utf8")
    )
    for (const source of sources.map((path) => normalize(join(bundles, dirname(file), path)))) {
      const other = placeOf.get(source)
      if (other !== undefined) problems.push(`${source} is in ${other} and in ${file}`)
      placeOf.set(source, file)
    }
  }
  if (placeOf.size === 0) problems.push(`${bundles} has no maps`)
  return problems
}

/** Every entry leads Node to its bundle, which exports what its modules do; what two entries export is the same. */
const whatDiffers = `
  import { pathToFileURL } from "node:url"
  const problems = []
  const seen = new Map()
  const inPackage = (path) => new URL("node_modules/${manifest.name}/" + path, pathToFileURL(process.cwd() + "/")).href
  for (const [name, node, plain] of ${JSON.stringify(
    entries.map(({ name, target }) => [name, target.node, target.default])
  )}) {
    const resolved = import.meta.resolve(name)
    if (resolved !== inPackage(node)) problems.push(name + " leads Node to " + resolved)
    const bundled = await import(name)
    const names = [Object.keys(bundled), Object.keys(await import(inPackage(plain)))].map((keys) => keys.sort().join())
    if (names[0] !== names[1]) problems.push(name + " exports " + names[0] + " to Node, and otherwise " + names[1])
    for (const [key, value] of Object.entries(bundled)) {
      // Errors and services, which others are told apart from by identity.
      const identifier = typeof value === "function" ? (value.identifier ?? value.key) : undefined
      if (identifier === undefined) continue
      const found = seen.get(identifier)
      if (found !== undefined && found.value !== value) problems.push(key + " of " + name + " is not that of " + found.name)
      seen.set(identifier, { name, value })
    }
  }
  if (seen.size < 60) problems.push("only " + seen.size + " classes were found")
  console.log(JSON.stringify(problems))`

/** Of a request that nobody answers. */
const failure = `
  import { FetchHttpClient } from "@effect/platform"
  import { Cause, Effect, Exit, Layer } from "effect"
  import { Execution, Stromboli } from "${manifest.name}/stromboli"
  import { TransportError } from "${manifest.name}/errors"
  const server = Stromboli.layer({ baseUrl: "http://127.0.0.1:1", retry: false })
  const program = Effect.flatMap(Execution, (execution) => execution.run({ prompt: "Hello" })).pipe(
    Effect.provide(server.pipe(Layer.provide(FetchHttpClient.layer)))
  )
  const exit = await Effect.runPromiseExit(program)
  const { cause } = exit
  const isOurs = Exit.isFailure(exit) && Cause.squash(cause) instanceof TransportError
  console.log(JSON.stringify({ isOurs, printed: Cause.pretty(cause, { renderErrorCause: true }) }))`

const framesOfOurs = async (directory: string): Promise<ReadonlyArray<string>> => {
  const { isOurs, printed } = await run<{ readonly isOurs: boolean; readonly printed: string }>(failure, directory)
  return [
    ...(isOurs ? [] : [`not the class of ${manifest.name}/errors: ${printed}`]),
    ...printed.split("\n").filter((line) => /\bat .*(effect-sandboxes|dist)\//.test(line))
  ]
}
