/**
 * The official clients of Daytona against `serve:daytona`: `npm run test:official-clients`. `-- --latest` takes the
 * newest that the registries have instead of the pinned ones, `-- --generation 0.190` an older server with
 * clients of its time, which have fewer areas. A client that cannot be installed here is skipped.
 */
import { mkdtemp, readdir, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { clients, trial } from "./clients.js"
import { type Generation, withServer } from "./server.js"

const latest = process.argv.includes("--latest")
const generation: Generation = process.argv.join(" ").includes("--generation 0.190") ? "0.190" : "current"

const row = (client: string, version: string, area: string, result: string) =>
  console.log(`${client.padEnd(20)}${version.padEnd(12)}${area.padEnd(18)}${result}`)

/** The last line of an installer says best what is wrong, except where npm names its log. */
const reason = (problem: unknown) =>
  String(problem)
    .trim()
    .split("\n")
    .filter((line) => !line.includes("A complete log of this run"))
    .at(-1) ?? ""

let passed = 0
let failed = 0
let skipped = 0

const temporary = await mkdtemp(join(tmpdir(), "effect-sandboxes-clients-"))
const sandboxes = await mkdtemp(join(tmpdir(), "effect-sandboxes-clients-"))
try {
  row("client", "version", "area", "result")
  await withServer(sandboxes, generation, async (apiUrl) => {
    for (const { install, name } of clients[generation]) {
      const command = await install({ generation, latest, temporary }).catch((problem: unknown) => ({ problem }))
      if ("problem" in command) {
        skipped++
        row(name, "", "", `SKIPPED: it cannot be installed here: ${reason(command.problem)}`)
        continue
      }
      const { results, version } = await trial(command, apiUrl, generation)
      for (const { area, problem } of results) {
        row(name, version, area, problem === undefined ? "ok" : "FAIL")
        if (problem === undefined) {
          passed++
        } else {
          failed++
          console.log(problem.trim().replace(/^/gm, "    "))
        }
      }
    }
  })
  const left = await readdir(sandboxes)
  if (left.length > 0) {
    failed++
    console.log(`the server left behind: ${left.join(", ")}`)
  }
} finally {
  await Promise.all([temporary, sandboxes].map((path) => rm(path, { recursive: true, force: true })))
}
console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`)
if (failed > 0) process.exitCode = 1
