import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

const source = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url))

// Examples and tests import the package by its public name; here that name means the sources, so that nothing is built first.
const alias = [
  { find: /^effect-sandboxes$/, replacement: source("index.ts") },
  { find: /^effect-sandboxes\/stromboli$/, replacement: source("stromboli.ts") },
  { find: /^effect-sandboxes\/daytona$/, replacement: source("daytona.ts") },
  { find: /^effect-sandboxes\/errors$/, replacement: source("errors/index.ts") },
  { find: /^effect-sandboxes\/stream\/Sse$/, replacement: source("stream/Sse.ts") },
  { find: /^effect-sandboxes\/node$/, replacement: source("node/index.ts") },
  { find: /^effect-sandboxes\/node\/daytona$/, replacement: source("node/daytona/index.ts") },
  { find: /^effect-sandboxes\/embedded\/stromboli$/, replacement: source("embedded/stromboli/index.ts") },
  { find: /^effect-sandboxes\/embedded\/daytona$/, replacement: source("embedded/daytona/index.ts") }
]

export default defineConfig({
  test: {
    // Much of the time is spent waiting: for processes, sockets and what has to fail first. By default one core stays idle.
    maxWorkers: 4,
    minWorkers: 1,
    projects: [
      {
        resolve: { alias },
        test: {
          name: "unit",
          include: ["test/**/*.test.ts", "examples/**/*.test.ts"],
          exclude: ["test/e2e/**"],
          // For a machine that is busy; nothing waits for it.
          testTimeout: 30_000,
          hookTimeout: 30_000
        }
      },
      { resolve: { alias }, test: { name: "e2e", include: ["test/e2e/**/*.test.ts"], testTimeout: 120_000 } }
    ]
  }
})
