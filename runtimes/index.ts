/**
 * The core of the package in every runtime, over the runtime's own `fetch`: `npm run test:runtimes`, or some of them
 * with `npm run test:runtimes -- bun deno`. An argument that ends in `.tgz` is the package; else it is packed first.
 */
import { spawn } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { tarballFor } from "../package-check/pack.js"
import { built, prepare } from "./prepare.js"
import type { Servers } from "./program/demonstrate.js"
import type { Runtime } from "./Runtime.js"
import { bun } from "./runtime/bun.js"
import { chromium } from "./runtime/chromium.js"
import { deno } from "./runtime/deno.js"
import { node } from "./runtime/node.js"
import { nodeNewest } from "./runtime/nodeNewest.js"
import { workerd } from "./runtime/workerd.js"

const runtimes: Readonly<Record<string, Runtime>> = { node, nodeNewest, bun, deno, workerd, chromium }

const args = process.argv.slice(2)
const chosen = args.filter((argument) => !argument.endsWith(".tgz"))
const unknown = chosen.filter((name) => !(name in runtimes))
if (unknown.length > 0) {
  throw new Error(`no runtime ${unknown.join(", ")}; there are ${Object.keys(runtimes).join(", ")}`)
}

const secondsSince = (began: number) => ((performance.now() - began) / 1000).toFixed(1)

const row = (...columns: ReadonlyArray<string>) => {
  const [name = "", version = "", verdict = "", seconds = "", ...rest] = columns
  console.log(`${name.padEnd(14)}${version.padEnd(12)}${verdict.padEnd(6)}${seconds.padStart(7)}   ${rest.join("")}`)
}

const trial = async (runtime: Runtime, servers: Servers): Promise<void> => {
  const found = await runtime.find()
  if ("absent" in found) return row(runtime.name, "", "skip", "", found.absent)
  const began = performance.now()
  const { did, failure } = await runtime.run(servers).catch((problem) => ({ did: {}, failure: String(problem) }))
  const done = Object.keys(did)
  const verdict = failure === undefined ? "ok" : "FAIL"
  const without = done.includes("terminal") ? "" : "; no terminal: there is no WebSocket"
  row(runtime.name, found.version, verdict, secondsSince(began), done.join(", "), failure === undefined ? without : "")
  if (failure !== undefined) {
    console.log(failure.replace(/^/gm, "    "))
    process.exitCode = 1
  }
}

const withServers = async (use: (servers: Servers) => Promise<void>): Promise<void> => {
  const child = spawn(process.execPath, [join(built, "servers.js")], { stdio: ["pipe", "pipe", "inherit"] })
  try {
    const servers = await new Promise<Servers>((resolve, reject) => {
      child.on("exit", (code) => reject(new Error(`the servers ended with exit code ${code}`)))
      createInterface(child.stdout).on("line", (line) => resolve(JSON.parse(line)))
    })
    await use(servers)
  } finally {
    child.stdin.end()
  }
}

const began = performance.now()
const directory = await mkdtemp(join(tmpdir(), "effect-sandboxes-runtimes-"))
try {
  await prepare(
    await tarballFor(
      args.find((argument) => argument.endsWith(".tgz")),
      directory
    )
  )
} finally {
  await rm(directory, { recursive: true, force: true })
}
console.log(`prepared in ${secondsSince(began)} s\n`)
row("runtime", "version", "", "seconds", "did, over its own fetch")
await withServers(async (servers) => {
  for (const [name, runtime] of Object.entries(runtimes)) {
    if (chosen.length === 0 || chosen.includes(name)) await trial(runtime, servers)
  }
})
console.log(`\n${secondsSince(began)} s in all`)
