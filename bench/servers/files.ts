/** The embedded Daytona server, with a sandbox that has a large file; and the same file outside of it. */
import { mkdtempSync, rmSync } from "node:fs"
import { writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { Daytona, Files, Sandboxes } from "effect-sandboxes/daytona"
import { EmbeddedDaytona } from "effect-sandboxes/embedded/daytona"
import { NodeTransport } from "effect-sandboxes/node"
import { NodeFiles } from "effect-sandboxes/node/daytona"

const MiB = 1024 * 1024

const content = function* (size: number) {
  const block = new Uint8Array(MiB).map((_, index) => (index * 31) % 256)
  for (let written = 0; written < size; written++) yield block
}

export const serve = async (size: number): Promise<Readonly<Record<string, string>>> => {
  const directory = mkdtempSync(join(tmpdir(), "effect-sandboxes-bench-"))
  const local = join(directory, "local")
  await writeFile(local, content(size))
  const runtime = ManagedRuntime.make(EmbeddedDaytona.layerServer({ durations: 0 }))
  const program = Effect.gen(function* () {
    const apiUrl = `${Option.getOrThrow((yield* EmbeddedDaytona).url)}/api`
    const daytona = Daytona.layer({ apiKey: Redacted.make("dtn_key"), apiUrl }).pipe(Layer.provide(NodeTransport.layer))
    return yield* Effect.gen(function* () {
      const sandbox = yield* (yield* Sandboxes).create()
      yield* Effect.provideService(NodeFiles.uploadFromFile(local, "large"), Files, sandbox.files)
      return { apiUrl, sandboxId: sandbox.id, toolbox: `${sandbox.toolboxProxyUrl}/${sandbox.id}` }
    }).pipe(Effect.provide(daytona))
  })
  // The bench disconnects when it needs the server no more. What a sandbox holds goes with the server.
  process.removeAllListeners("disconnect")
  process.once("disconnect", () => {
    const finish = () => {
      rmSync(directory, { recursive: true, force: true })
      process.exit(0)
    }
    runtime.dispose().then(finish, finish)
  })
  return { ...(await runtime.runPromise(program)), local, directory }
}
