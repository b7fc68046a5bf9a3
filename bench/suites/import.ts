/** How long a new process takes that imports something and does nothing with it. */
import { spawnSync } from "node:child_process"
import type { Suite, Variant } from "../harness/Suite.js"
import { median } from "../harness/statistics.js"
import { externalsOf } from "../variants/effectModules.js"

/** Imports in one measurement, of which the median counts. */
const times = 3

const measured =
  (modulesToImport: () => Promise<ReadonlyArray<string>>): Variant =>
  async () => {
    const imports = (await modulesToImport()).map((module) => `import ${JSON.stringify(module)};`).join("")
    const program = `${imports}process.stdout.write(JSON.stringify(process.resourceUsage()))`
    const milliseconds: Array<number> = []
    const processor: Array<number> = []
    const resident: Array<number> = []
    for (let time = 0; time <= times; time++) {
      const start = performance.now()
      const { status, stderr, stdout } = spawnSync(process.execPath, ["--input-type=module", "--eval", program], {
        cwd: import.meta.dirname,
        encoding: "utf8"
      })
      if (status !== 0) throw new Error(stderr)
      // The first one may wait for the disk.
      if (time === 0) continue
      milliseconds.push(performance.now() - start)
      const usage: NodeJS.ResourceUsage = JSON.parse(stdout)
      processor.push((usage.userCPUTime + usage.systemCPUTime) / 1000)
      resident.push((usage.maxRSS * 1024) / 1e6)
    }
    return { ms: median(milliseconds), cpu: median(processor), rss: median(resident) }
  }

const one = (module: string) => measured(async () => [module])
const whatItNeeds = (module: string) => measured(() => externalsOf(module))

export const suite: Suite = {
  title: "a new process that imports one thing, start of Node included",
  tables: [
    {
      name: "process",
      base: { variant: "@daytonaio/sdk", figure: "ms" },
      columns: [
        { figure: "ms", unit: "ms", digits: 0 },
        { figure: "cpu", unit: "ms CPU", digits: 0 },
        { figure: "rss", unit: "MB", digits: 0 }
      ],
      variants: {
        "@daytonaio/sdk": one("@daytonaio/sdk"),
        nothing: measured(async () => []),
        "effect-sandboxes/stromboli": one("effect-sandboxes/stromboli"),
        "what /stromboli needs": whatItNeeds("effect-sandboxes/stromboli"),
        "effect-sandboxes/daytona": one("effect-sandboxes/daytona"),
        "what /daytona needs": whatItNeeds("effect-sandboxes/daytona"),
        "effect-sandboxes/node": one("effect-sandboxes/node"),
        "what /node needs": whatItNeeds("effect-sandboxes/node"),
        "@effect/platform-node/NodeHttpClient": one("@effect/platform-node/NodeHttpClient")
      }
    }
  ]
}
