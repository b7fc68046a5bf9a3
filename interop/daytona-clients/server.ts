/** `npm run serve:daytona`, in a process of its own as its users run it. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../..", import.meta.url))
const programs = fileURLToPath(new URL("node_modules/.bin", import.meta.url))

export type Generation = "current" | "0.190"

/** Runs the server as long as `use` takes, which gets the address of the API. Its sandboxes have what npm installed. */
export const withServer = async (
  directory: string,
  generation: Generation,
  use: (apiUrl: string) => Promise<void>
): Promise<void> => {
  const flags = ["--port", "0", "--instant", "--desktop", "--sandbox-directory", directory, "--generation", generation]
  const args = ["src/cli/main.ts", "serve", "daytona", ...flags]
  const child = spawn(process.execPath, ["--import", "tsx", ...args], {
    cwd: root,
    env: {
      ...process.env,
      XDG_STATE_HOME: join(directory, "..", "state"),
      PATH: `${programs}:${process.env["PATH"] ?? ""}`
    },
    stdio: ["ignore", "pipe", "inherit"]
  })
  const exited = once(child, "exit")
  try {
    const first = await Promise.race([
      once(createInterface(child.stdout), "line").then(([line]) => String(line)),
      exited.then(([code]) => Promise.reject(new Error(`the server ended with exit code ${code}`)))
    ])
    await use(`${first.replace(/^listening /, "")}/api`)
  } finally {
    child.kill("SIGTERM")
    await exited
  }
}
