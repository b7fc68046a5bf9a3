/** The test projects: those that `npm test` runs, one that needs a Postgres, and one for real servers. */
import { defineConfig } from "vitest/config"
import { entries, root } from "./tools/manifest.js"

// Examples and tests import the package by its public name; here that name means the sources, so nothing is built
// first.
const alias = entries.map(({ name, source }) => ({
  find: new RegExp(`^${name.replaceAll("/", "\\/")}$`),
  replacement: root + source
}))

/** For a machine that is busy; nothing waits for it. */
const timeouts = { testTimeout: 30_000, hookTimeout: 30_000 }

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

/** Young objects have room enough to die before they are copied. */
const execArgv = ["--max-semi-space-size=64"]

export default defineConfig({
  test: {
    // Much of the time is spent waiting: for processes, sockets and what has to fail first. By default one core stays
    // idle.
    maxWorkers: 4,
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
          // Each test starts several processes, each of which takes a second or more on a busy machine.
          testTimeout: 120_000,
          hookTimeout: 30_000,
          name: "cli",
          isolate: false,
          execArgv,
          include: ["test/cli/**/*.test.ts"],
          globalSetup: "test/cli/support/bundle.ts"
        }
      },
      // Starts a Postgres, and processes on it that are killed.
      { resolve: { alias }, test: { ...timeouts, name: "durable", include: ["test/durable/**/*.test.ts"] } },
      { resolve: { alias }, test: { name: "e2e", include: ["test/e2e/**/*.test.ts"], testTimeout: 120_000 } }
    ]
  }
})
