/** The embedded Daytona server, with a sandbox that has a large file; and the same file outside of it. */
import { mkdtempSync, rmSync } from "node:fs"
import { writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { Files } from "effect-sandboxes/daytona"
import { NodeFiles } from "effect-sandboxes/node/daytona"
import { start } from "./embeddedDaytona.js"

const MiB = 1024 * 1024

const content = function* (size: number) {
  const block = new Uint8Array(MiB).map((_, index) => (index * 31) % 256)
  for (let written = 0; written < size; written++) yield block
}

export const serve = async (size: number): Promise<Readonly<Record<string, string>>> => {
  const directory = mkdtempSync(join(tmpdir(), "effect-sandboxes-bench-"))
  const local = join(directory, "local")
  await writeFile(local, content(size))
  return start(
    ({ apiUrl, sandbox }) =>
      Effect.as(Effect.provideService(NodeFiles.uploadFromFile(local, "large"), Files, sandbox.files), {
        apiUrl,
        sandboxId: sandbox.id,
        toolbox: `${sandbox.toolboxProxyUrl}/${sandbox.id}`,
        local,
        directory
      }),
    () => rmSync(directory, { recursive: true, force: true })
  )
}
