/**
 * Stands in for `claude` on the PATH: runs the real one, in an environment of its own, and writes down what it prints.
 * It is bundled and started as `node recorder.mjs <settings> <arguments of claude>`.
 */
import { spawn } from "node:child_process"
import { appendFileSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"

/** What the recorder is told in a file. */
export interface RecorderSettings {
  readonly command: ReadonlyArray<string>
  /**
   * All that the CLI finds in its environment, but for what the embedded server and the SDK set themselves.
   */
  readonly environment: Readonly<Record<string, string>>
  /** Where recordings go: `<id>.json`, `<id>.out`, and in the end `<id>.exit`. */
  readonly recordings: string
}

const [settingsFile = "", ...args] = process.argv.slice(2)
const { command, environment, recordings }: RecorderSettings = JSON.parse(readFileSync(settingsFile, "utf8"))
const [program = "", ...fixed] = command
const fileWith = (extension: string) => join(recordings, `${process.pid}.${extension}`)

/** A reader never finds half a file. */
const write = (extension: string, content: object) => {
  writeFileSync(fileWith("part"), JSON.stringify(content))
  renameSync(fileWith("part"), fileWith(extension))
}

/** What the server and the SDK set for the CLI themselves. */
const passedOn = /^CLAUDE_CONFIG_DIR$|^CLAUDE_CODE_DISABLE_BACKGROUND_TASKS$|^EFFECT_SANDBOXES_/
const variables = Object.entries(process.env).filter(([name]) => passedOn.test(name))
const child = spawn(program, [...fixed, ...args], {
  stdio: ["inherit", "pipe", "inherit"],
  env: { ...environment, ...Object.fromEntries(variables) }
})
writeFileSync(fileWith("out"), "")
write("json", { pid: child.pid, args })

child.stdout.on("data", (chunk: Uint8Array) => {
  appendFileSync(fileWith("out"), chunk)
  process.stdout.write(chunk)
})
process.stdout.on("error", () => {})
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => child.kill(signal))

child.on("error", ({ message }) => {
  console.error(message)
  process.exitCode = 127
})
child.on("close", (code, signal) => {
  write("exit", { code, signal })
  if (signal === null) {
    process.exitCode = code ?? 1
  } else {
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  }
})
