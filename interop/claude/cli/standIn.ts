/** Puts the recorder on the PATH as `claude`, in front of a CLI that sees nothing of the user of this machine. */
import { fileURLToPath } from "node:url"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import { build } from "esbuild"
import type { Installed } from "./install.js"
import type { RecorderSettings } from "./recorder.js"

const recorder = fileURLToPath(new URL("recorder.ts", import.meta.url))

/** Until the scope closes, `claude` is the recorder. Gives the folder of its recordings. */
export const standIn = (installed: Installed, directory: string, modelUrl: string) =>
  Effect.gen(function* () {
    const fileSystem = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const at = (name: string) => path.join(directory, name)
    yield* Effect.forEach(["bin", "home", "config", "temporary", "recordings"], (name) =>
      fileSystem.makeDirectory(at(name))
    )
    const settings: RecorderSettings = {
      command: installed.command,
      environment: environmentOf({ home: at("home"), temporary: at("temporary"), modelUrl }),
      recordings: at("recordings")
    }
    yield* fileSystem.writeFileString(at("settings.json"), JSON.stringify(settings))
    yield* Effect.promise(() =>
      build({ entryPoints: [recorder], outfile: at("recorder.mjs"), platform: "node", format: "esm", tsconfigRaw: {} })
    )
    const command = [process.execPath, at("recorder.mjs"), at("settings.json")].map((word) => `'${word}'`).join(" ")
    yield* fileSystem.writeFileString(at("bin/claude"), `#!/bin/sh\nexec ${command} "$@"\n`, { mode: 0o755 })
    yield* withVariable("PATH", `${at("bin")}:${process.env["PATH"]}`)
    yield* withVariable("CLAUDE_CONFIG_DIR", at("config"))
    return settings.recordings
  })

/**
 * All requests that are not for the model go to the model's address too, as to a proxy, which refuses and remembers
 * them.
 */
const environmentOf = (options: { readonly home: string; readonly temporary: string; readonly modelUrl: string }) => ({
  PATH: process.env["PATH"] ?? "",
  LANG: "C.UTF-8",
  HOME: options.home,
  TMPDIR: options.temporary,
  ANTHROPIC_BASE_URL: options.modelUrl,
  ANTHROPIC_API_KEY: "a-key-that-opens-nothing",
  HTTP_PROXY: options.modelUrl,
  HTTPS_PROXY: options.modelUrl,
  NO_PROXY: "127.0.0.1",
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
  CLAUDE_CODE_MAX_RETRIES: "1",
  DISABLE_AUTOUPDATER: "1",
  DISABLE_ERROR_REPORTING: "1",
  DISABLE_TELEMETRY: "1",
  // Without it, root may not skip permissions.
  IS_SANDBOX: "1"
})

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
