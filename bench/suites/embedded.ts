/** The embedded Stromboli under load, in memory: far more than its tests have time for. */
import type { Suite, Variant } from "../harness/Suite.js"

export const loads = { jobs: 10_000, streams: 1_000, megabytes: 1_000 }

const load =
  (what: keyof typeof loads): Variant =>
  async () =>
    (await import("../variants/embedded/load.js")).measure[what](loads[what])

export const suite: Suite = {
  title: "the embedded Stromboli in memory: jobs it keeps, streams open at once, and the output of one run",
  tables: [
    {
      name: "load",
      once: true,
      columns: [
        { figure: "cpu", unit: "µs CPU each", digits: 0 },
        { figure: "grown", unit: "MB RSS grown", digits: 0 },
        { figure: "seconds", unit: "s" }
      ],
      variants: {
        [`${loads.jobs} jobs`]: load("jobs"),
        [`${loads.streams} streams`]: load("streams"),
        [`${loads.megabytes} MB of one stream`]: load("megabytes")
      }
    }
  ]
}
