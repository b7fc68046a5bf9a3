/** The test projects: those that `npm test` runs, one that needs a Postgres, and one for real servers. */
import { defineConfig } from "vitest/config"
import { BaseSequencer, type TestSpecification } from "vitest/node"
import { entries, root } from "./tools/manifest.js"

// Examples and tests import the package by its public name; here that name means the sources, so nothing is built
// first.
const alias = entries.map(({ name, source }) => ({
  find: new RegExp(`^${name.replaceAll("/", "\\/")}$`),
  replacement: root + source
}))

/** For a machine that is busy: nothing waits for it. */
const timeouts = { testTimeout: 120_000, hookTimeout: 120_000 }

/** Files that need a process of their own, and why. All others share a few processes: see CONTRIBUTING. */
const alone = {
  "replaces a module": ["test/ai/mcp/missingPeer.test.ts"],
  "changes the directory and the console": ["test/documentation/examples.test.ts"],
  "measures the memory of its process": [
    "test/embedded/inMemory/InMemoryHttpClient.test.ts",
    "test/embedded/stromboli/load.test.ts",
    "test/report/RunReport.test.ts"
  ],
  "counts the sockets of its process": ["test/node/interruption.test.ts", "test/transport/webSocketServers.test.ts"]
}
const filesAlone = Object.values(alone).flat()

/**
 * Files that take long, as nobody can tell from their size, which decides where there are no times of an earlier run.
 */
const long = [
  "test/claude-code/behaviour/behaviour.test.ts",
  "test/examples.test.ts",
  "test/security/toolboxCanary.test.ts",
  "test/services/daytona/behaviour.test.ts",
  "test/services/daytona/toolbox/behaviour.test.ts",
  "test/workflow/killed.test.ts"
].map((path) => root + path)

/** Begins with the long files of each project: one of them at the end would leave a core without work. */
class LongFirst extends BaseSequencer {
  override async sort(files: Array<TestSpecification>) {
    const sorted = await super.sort(files)
    return [...new Set(sorted.map(({ project }) => project))].flatMap((project) => {
      const own = sorted.filter((file) => file.project === project)
      return [...own.filter(isLong), ...own.filter((file) => !isLong(file))]
    })
  }
}
const isLong = ({ moduleId }: TestSpecification) => long.includes(moduleId)

/** Young objects have room enough to die before they are copied. */
const execArgv = ["--max-semi-space-size=64"]

export default defineConfig({
  test: {
    // Much of the time is spent waiting: for processes, sockets and what has to fail first. By default one core stays
    // idle.
    maxWorkers: 6,
    // To shuffle, Vitest brings a sequencer of its own.
    ...(process.argv.some((argument) => argument.startsWith("--sequence."))
      ? {}
      : { sequence: { sequencer: LongFirst } }),
    projects: [
      {
        resolve: { alias },
        test: {
          ...timeouts,
          name: "unit",
          isolate: false,
          execArgv,
          globalSetup: "test/support/programsFolder.ts",
          include: ["test/**/*.test.ts", "examples/**/*.test.ts"],
          exclude: ["test/{cli,durable,e2e}/**", ...filesAlone]
        }
      },
      { resolve: { alias }, test: { ...timeouts, name: "alone", execArgv, include: filesAlone } },
      {
        resolve: { alias },
        test: {
          ...timeouts,
          name: "cli",
          isolate: false,
          execArgv,
          include: ["test/cli/**/*.test.ts"],
          globalSetup: "test/cli/support/bundle.ts"
        }
      },
      // Starts a Postgres, and processes on it that are killed.
      { resolve: { alias }, test: { ...timeouts, name: "durable", include: ["test/durable/**/*.test.ts"] } },
      { resolve: { alias }, test: { ...timeouts, name: "e2e", include: ["test/e2e/**/*.test.ts"] } }
    ]
  }
})
