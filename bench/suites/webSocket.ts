/** What messages of web sockets cost. */
import type { Suite, Variant } from "../harness/Suite.js"
import { echoServer } from "../servers/echo.js"

/** In bytes. */
export const messageSizes = [100, 1024, 32 * 1024]

const raw =
  (size: number, what: "echo" | "receive"): Variant =>
  async (setting) =>
    (await import("../variants/webSocket/ws.js")).measure(setting, size, what)
const rawLoaded =
  (size: number, what: "echo" | "receive"): Variant =>
  async (setting) =>
    (await import("../variants/webSocket/ws.js")).measureLoaded(setting, size, what)
const ours =
  (size: number, what: "echo" | "receive"): Variant =>
  async (setting) =>
    (await import("../variants/webSocket/webSockets.js")).measure(setting, size, what)

const table = (size: number, what: "echo" | "receive") => ({
  name: `${what} ${size} B`,
  base: { variant: "ws", figure: "cpu" },
  columns: [
    { figure: "cpu", unit: "µs CPU/message", digits: 2 },
    { figure: "perSecond", unit: "/s", digits: 0 }
  ],
  variants: {
    ws: raw(size, what),
    "ws, and our modules loaded": rawLoaded(size, what),
    "WebSockets of NodeTransport": ours(size, what)
  }
})

const terminals = {
  name: "terminal 100 B",
  base: { variant: "@daytonaio/sdk PtyHandle", figure: "cpu" },
  columns: [
    { figure: "cpu", unit: "µs CPU/message", digits: 2 },
    { figure: "perSecond", unit: "/s", digits: 0 }
  ],
  variants: {
    "@daytonaio/sdk PtyHandle": (async (setting) =>
      (await import("../variants/webSocket/daytonaSdk.js")).measure(setting)) satisfies Variant,
    "Pty output and send": (async (setting) =>
      (await import("../variants/webSocket/terminal.js")).measure(setting)) satisfies Variant
  }
}

export const suite: Suite = {
  title: "messages of web sockets: echoed with 64 on their way, or only received",
  serve: async () => ({ url: await echoServer() }),
  tables: [
    ...messageSizes.map((size) => table(size, "echo")),
    ...messageSizes.map((size) => table(size, "receive")),
    terminals
  ]
}
