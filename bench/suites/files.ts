/**
 * What it costs to bring a large file here and back, between the disk and the toolbox of the embedded Daytona server.
 */
import type { Suite, Variant } from "../harness/Suite.js"

const undici =
  (direction: "down" | "up"): Variant =>
  async (setting) =>
    (await import("../variants/files/undici.js")).measure(setting, direction)
const ours =
  (direction: "down" | "up"): Variant =>
  async (setting) =>
    (await import("../variants/files/nodeFiles.js")).measure(setting, direction)
const daytonaSdk =
  (direction: "down" | "up"): Variant =>
  async (setting) =>
    (await import("../variants/files/daytonaSdk.js")).measure(setting, direction)

const table = (direction: "down" | "up", name: string) => ({
  name,
  base: { variant: "undici, tuned by hand", figure: "cpu" },
  columns: [
    { figure: "cpu", unit: "s CPU", digits: 2 },
    { figure: "speed", unit: "MB/s", digits: 0 },
    { figure: "rss", unit: "MB peak", digits: 0 }
  ],
  variants: {
    "undici, tuned by hand": undici(direction),
    NodeFiles: ours(direction),
    "@daytonaio/sdk": daytonaSdk(direction)
  }
})

export const suite: Suite = {
  title: "a large file",
  serve: async (setting) => (await import("../servers/files.js")).serve(setting.size),
  tables: [table("down", "down to a file"), table("up", "up from a file")]
}
