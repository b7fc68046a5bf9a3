/** The stand-in for the CLI as a program, and on the PATH as `claude`, with a configuration directory of its own. */
import { fileURLToPath } from "node:url"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { build } from "esbuild"

const program = fileURLToPath(new URL("standIn.ts", import.meta.url))

const withVariable = (name: string, value: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const before = process.env[name]
      process.env[name] = value
      return before
    }),
    (before) =>
      Effect.sync(() => {
        if (before === undefined) delete process.env[name]
        else process.env[name] = before
      })
  )

/** The stand-in as a program, for as long as the scope is open; and a folder for its sessions. */
export const standIn = Effect.gen(function* () {
  const fileSystem = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const directory = yield* fileSystem.makeTempDirectoryScoped({ prefix: "claude-stand-in-" })
  const at = (name: string) => path.join(directory, name)
  yield* Effect.promise(() =>
    build({ entryPoints: [program], outfile: at("standIn.mjs"), platform: "node", format: "esm", tsconfigRaw: {} })
  )
  yield* fileSystem.makeDirectory(at("bin"))
  const command = `exec '${process.execPath}' '${at("standIn.mjs")}' "$@"`
  yield* fileSystem.writeFileString(at("bin/claude"), `#!/bin/sh\n${command}\n`, { mode: 0o755 })
  return { folder: at("bin"), program: at("bin/claude"), configuration: at("config") }
})

/** Until the scope closes, `claude` is the stand-in. */
export const standInOnPath = Layer.scopedDiscard(
  Effect.gen(function* () {
    const { configuration, folder } = yield* standIn
    yield* withVariable("PATH", `${folder}:${process.env["PATH"]}`)
    yield* withVariable("CLAUDE_CONFIG_DIR", configuration)
  })
)
