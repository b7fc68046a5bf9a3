/** Headless Chromium, where one is installed. */
import { spawn } from "node:child_process"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { built } from "../prepare.js"
import { type Runtime, withinLimit } from "../Runtime.js"
import { binary, flags } from "./chromiumProgram.js"
import { onCommandLine } from "./onCommandLine.js"
import { sameOrigin } from "./sameOrigin.js"

const { find } = onCommandLine("Chromium", binary)

/** A browser without a window. */
export const chromium: Runtime = {
  name: "Chromium",
  find,
  run: async (servers) => {
    const profile = await mkdtemp(join(tmpdir(), "effect-sandboxes-chromium-"))
    const { close, origin, report } = await sameOrigin(servers, await readFile(join(built, "inPage.js"), "utf8"))
    const address = new URL(origin)
    address.search = new URLSearchParams({ token: servers.stromboliToken, key: servers.daytonaKey }).toString()
    const child = spawn(binary, [...flags, `--user-data-dir=${profile}`, address.href], { stdio: "ignore" })
    const ended = new Promise<void>((resolve) => child.on("close", () => resolve()))
    const endedEarly = ended.then(() => Promise.reject(new Error("Chromium ended without a report")))
    endedEarly.catch(() => {})
    try {
      return await withinLimit(Promise.race([report, endedEarly]))
    } finally {
      child.kill()
      await ended
      close()
      await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
    }
  }
}
