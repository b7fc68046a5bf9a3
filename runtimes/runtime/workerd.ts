/** workerd, configured as a worker without Node compatibility. */
import { type ChildProcess, spawn } from "node:child_process"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { Readable } from "node:stream"
import { built } from "../prepare.js"
import { type Runtime, withinLimit } from "../Runtime.js"
import { installed, onCommandLine } from "./onCommandLine.js"

// Nothing of Node is switched on, and the worker may talk to loopback addresses, which workers may not by default.
const configuration = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker), (name = "internet", network = (allow = ["local"]))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")]
);
const worker :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "inWorker.js")],
  compatibilityDate = "2025-11-01"
);
`

const { find } = onCommandLine("workerd", installed("workerd"))

/** workerd, the runtime of Cloudflare's workers. */
export const workerd: Runtime = {
  name: "workerd",
  find,
  run: async (servers) => {
    const file = join(built, "worker.capnp")
    await writeFile(file, configuration)
    const child = spawn(installed("workerd"), ["serve", file, "--control-fd=3"], {
      stdio: ["ignore", "inherit", "inherit", "pipe"]
    })
    try {
      const port = await withinLimit(portOf(child))
      const response = await withinLimit(
        fetch(`http://127.0.0.1:${port}/`, { method: "POST", body: JSON.stringify(servers) })
      )
      return await response.json()
    } finally {
      child.kill()
    }
  }
}

/** workerd writes to its control descriptor where it listens. */
const portOf = (child: ChildProcess): Promise<number> =>
  new Promise((resolve, reject) => {
    child.on("error", reject)
    child.on("exit", (code) => reject(new Error(`workerd ended with exit code ${code}`)))
    const control = child.stdio[3]
    if (!(control instanceof Readable)) return reject(new Error("workerd has no control descriptor"))
    createInterface(control).on("line", (line) => {
      const { event, port }: { readonly event: string; readonly port: number } = JSON.parse(line)
      if (event === "listen") resolve(port)
    })
  })
