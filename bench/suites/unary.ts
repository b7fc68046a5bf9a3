/** What one `GET` with a small answer costs, with 64 in flight. */
import type { Suite, Variant } from "../harness/Suite.js"
import { job } from "../servers/job.js"
import { jsonResponse, rawHttp } from "../servers/rawHttp.js"
import { sandboxAt } from "../servers/sandbox.js"

const file = {
  name: "fox.txt",
  path: `/home/daytona/${"the-quick-brown-fox/".repeat(27)}fox.txt`,
  size: 630,
  mode: "-rw-r--r--",
  modTime: "2026-05-06 12:00:00.000000000 +0000 UTC",
  modifiedAt: "2026-05-06T12:00:00.000000000Z",
  isDir: false,
  owner: "0",
  group: "0",
  permissions: "0644"
}

const undici: Variant = async (setting) => (await import("../variants/unary/undici.js")).measure(setting)
const effect: Variant = async (setting) => (await import("../variants/unary/effect.js")).measure(setting)
const stock =
  (transport: "stock" | "ours", spans: boolean): Variant =>
  async (setting) =>
    (await import("../variants/unary/httpClient.js")).measure(setting, transport, spans)
const jobs =
  (spans: boolean): Variant =>
  async (setting) =>
    (await import("../variants/unary/jobs.js")).measure(setting, spans)
const bareUndici =
  (inFlight: number): Variant =>
  async (setting) =>
    (await import("../variants/unary/undici.js")).measure(setting, inFlight)
const manyJobs =
  (inFlight: number): Variant =>
  async (setting) =>
    (await import("../variants/unary/jobs.js")).measure(setting, false, inFlight)

/** How many calls are in flight at a time. */
export const concurrencies = [1, 10, 100, 1_000] as const

export const suite: Suite = {
  title: "a GET with 800 bytes of JSON, 64 in flight",
  serve: async () => {
    const url = await rawHttp((own) => {
      const jobAnswer = jsonResponse(job)
      const fileAnswer = jsonResponse(file)
      const sandboxAnswer = jsonResponse(sandboxAt(own))
      return (path) =>
        path.startsWith("/toolbox/") ? fileAnswer : path.startsWith("/sandbox/") ? sandboxAnswer : jobAnswer
    })
    return { url }
  },
  tables: [
    {
      name: "call",
      base: { variant: "undici.request + JSON.parse", figure: "cpu" },
      columns: [
        { figure: "cpu", unit: "µs CPU" },
        { figure: "perSecond", unit: "/s", digits: 0 },
        { figure: "rss", unit: "MB", digits: 0 }
      ],
      variants: {
        "undici.request + JSON.parse": undici,
        "undici's dispatch in Effect.async, decoded": effect,
        "NodeTransport + schemaBodyJson, no spans": stock("ours", false),
        "Jobs.get, no spans": jobs(false),
        "Jobs.get": jobs(true),
        "Jobs.get, @effect/opentelemetry": async (setting) =>
          (await import("../variants/unary/openTelemetry.js")).measure(setting),
        "stock layerUndici + schemaBodyJson, no spans": stock("stock", false),
        "stock layerUndici + schemaBodyJson": stock("stock", true),
        "Files.info, no spans": async (setting) => (await import("../variants/unary/files.js")).measure(setting),
        "@daytonaio/sdk fs.getFileDetails": async (setting) =>
          (await import("../variants/unary/daytonaSdk.js")).measure(setting)
      }
    },
    {
      name: "by calls in flight",
      base: { variant: "Jobs.get, no spans, 1", figure: "cpu" },
      columns: [
        { figure: "cpu", unit: "µs CPU" },
        { figure: "perSecond", unit: "/s", digits: 0 }
      ],
      variants: Object.fromEntries(
        concurrencies.flatMap((inFlight) => [
          [`undici.request + JSON.parse, ${inFlight}`, bareUndici(inFlight)],
          [`Jobs.get, no spans, ${inFlight}`, manyJobs(inFlight)]
        ])
      )
    }
  ]
}
