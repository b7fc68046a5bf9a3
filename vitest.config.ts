/** The test projects: two that `npm test` runs, one that needs a Postgres, and one for real servers. */
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

export default defineConfig({
  test: {
    // Much of the time is spent waiting: for processes, sockets and what has to fail first. By default one core stays
    // idle.
    maxWorkers: 4,
    minWorkers: 1,
    projects: [
      {
        resolve: { alias },
        test: {
          ...timeouts,
          name: "unit",
          include: ["test/**/*.test.ts", "examples/**/*.test.ts"],
          exclude: ["test/{cli,durable,e2e}/**"]
        }
      },
      {
        resolve: { alias },
        test: {
          // Each test starts several processes, each of which takes a second or more on a busy machine.
          testTimeout: 120_000,
          hookTimeout: 30_000,
          name: "cli",
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
