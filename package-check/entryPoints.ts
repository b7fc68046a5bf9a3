/** What the entries reach, and that importing one does nothing but define names. */

import { entries, isCore, manifest, type Entry as PackageEntry } from "../tools/manifest.js"
import { type Bundle, bundle, packageOf, unique } from "./bundle.js"
import { succeed } from "./program.js"

const optionalPeers = Object.entries(manifest.peerDependenciesMeta).flatMap(([name, { optional }]) =>
  optional === true ? [name] : []
)

/** What an entry is there for; the others do not reach it. */
const ownPeers: Readonly<Record<string, ReadonlyArray<string>>> = {
  ai: ["@effect/ai", "@effect/rpc"],
  workflow: ["@effect/cluster", "@effect/experimental", "@effect/rpc", "@effect/sql", "@effect/workflow"]
}

const declared = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)]

const platformOf = (entry: PackageEntry) => (isCore(entry) ? "browser" : "node")

/** A whole entry, of which nothing is left out. */
export interface Entry extends Bundle {
  readonly entry: PackageEntry
}

export const wholeEntries = (directory: string): Promise<ReadonlyArray<Entry>> =>
  Promise.all(
    entries.map(async (entry) => {
      const program = `import * as entry from "${entry.name}"; globalThis.entry = entry`
      return { entry, ...(await bundle(program, directory, platformOf(entry))) }
    })
  )

/** The core reaches neither Node nor an optional peer, and what is imported is what package.json declares. */
export const checkReach = (whole: ReadonlyArray<Entry>): string => {
  const problems: Array<string> = []
  const rows: Array<string> = []
  const used = new Set<string>()
  for (const { builtins, entry, imported, packages } of whole) {
    const { name } = entry
    const direct = unique(imported.filter((specifier) => !specifier.startsWith("node:")).map(packageOf))
    for (const other of direct) {
      used.add(other)
      if (!declared.includes(other)) problems.push(`${name} imports ${other}, which is not declared`)
    }
    const own = ownPeers[entry.path] ?? []
    const unwanted = [...builtins, ...packages.filter((other) => optionalPeers.includes(other) && !own.includes(other))]
    if (isCore(entry)) problems.push(...unwanted.map((other) => `${name} reaches ${other}`))
    const besides = direct.filter((other) => other !== "effect" && other !== "@effect/platform")
    rows.push(`${name}: ${besides.join(", ") || "Effect only"}`)
  }
  problems.push(...declared.filter((name) => !used.has(name)).map((name) => `${name} is declared and never imported`))
  if (problems.length > 0) throw new Error(problems.join("\n"))
  return rows.join("\n")
}

/**
 * An unused import leaves nothing in a bundle, as `sideEffects: []` promises, and a used one changes nothing global.
 */
export const checkSideEffects = async (whole: ReadonlyArray<Entry>, directory: string): Promise<string> => {
  const problems: Array<string> = []
  for (const { entry, imported } of whole) {
    const { name } = entry
    const { kept } = await bundle(`import "${name}"`, directory, platformOf(entry))
    problems.push(...kept.map((path) => `import "${name}" keeps ${path}`))
    const changed = await changesOf(name, imported, directory)
    problems.push(...changed.map((change) => `import "${name}" changes ${change}`))
  }
  if (problems.length > 0) throw new Error(problems.join("\n"))
  return "an unused import leaves nothing of ours; a used one changes no global, prototype, listener or timer"
}

// Other packages are imported first: their side effects are not ours.
const changesOf = async (
  entry: string,
  others: ReadonlyArray<string>,
  directory: string
): Promise<ReadonlyArray<string>> => {
  const program = `
    const keysOf = (name, value) => Reflect.ownKeys(value).map((key) => name + "." + String(key))
    const look = () => [
      ...keysOf("globalThis", globalThis),
      ...[Object, Function, Array, Promise, String, Map, Set, Uint8Array, Error].flatMap((type) =>
        [...keysOf(type.name, type), ...keysOf(type.name + ".prototype", type.prototype)]),
      ...process.eventNames().map((name) => "listeners of " + String(name) + ": " + process.listenerCount(name)),
      ...process.getActiveResourcesInfo().map((name) => "resource " + name),
      ...keysOf("process.env", process.env)
    ]
    for (const other of ${JSON.stringify(others)}) await import(other)
    await new Promise(setImmediate)
    const before = new Set(look())
    await import("${entry}")
    await new Promise(setImmediate)
    console.log(JSON.stringify(look().filter((one) => !before.has(one))))`
  const output = await succeed(process.execPath, ["--input-type=module", "--eval", program], { directory, limit: 60 })
  const changes: ReadonlyArray<string> = JSON.parse(output.trim().split("\n").at(-1) ?? "")
  return changes
}

/** Services that need no other one. */
const independent = {
  stromboli: ["Execution", "Jobs", "Sessions", "Secrets", "Images", "System"],
  daytona: ["Regions", "Volumes", "WarmPools", "Secrets"]
}

/** A program that needs one service bundles no other service: only that one, and the client of its system. */
export const checkIsolation = async (directory: string): Promise<string> => {
  const problems: Array<string> = []
  const rows: Array<string> = []
  for (const [system, services] of Object.entries(independent)) {
    for (const service of services) {
      const program = `import { ${service} } from "${manifest.name}/${system}"; globalThis.service = ${service}`
      const { kept } = await bundle(program, directory, "browser")
      const modules = kept.filter((path) => /^services\/.*\/[A-Z]\w*\.js$/.test(path) && !/Client\.js$/.test(path))
      const isOwn = (path: string) => path.startsWith(`services/${system}/`) && path.endsWith(`/${service}.js`)
      if (!modules.some(isOwn)) problems.push(`${service} is not in its own bundle`)
      problems.push(...modules.filter((path) => !isOwn(path)).map((path) => `${system}'s ${service} brings ${path}`))
    }
    rows.push(`${system}: ${services.join(", ")}`)
  }
  if (problems.length > 0) throw new Error(problems.join("\n"))
  return rows.join("\n")
}

/** Of what a module defines, in a bundle for Node too, what a program does not use is left out. */
export const checkShaking = async (directory: string): Promise<string> => {
  const rows: Array<string> = []
  for (const platform of ["browser", "node"] as const) {
    const program = `import { JobId } from "${manifest.name}/stromboli"; globalThis.identifier = JobId`
    const { text } = await bundle(program, directory, platform)
    const brands = unique([...text.matchAll(/"(Agent|Job|Message|Run|Session|Turn)Id"/g)].map(([brand]) => brand))
    const errors = unique([...text.matchAll(/"effect-sandboxes\/\w+"/g)].map(([identifier]) => identifier))
    rows.push(`${platform}: ${[...brands, ...errors].join(", ")}`)
  }
  if (rows.some((row) => !row.endsWith(': "JobId"'))) throw new Error(rows.join("\n"))
  return rows.join("\n")
}
