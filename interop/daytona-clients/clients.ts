/** The official clients: how each is installed, and how its program is run. */
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { npmInstall, run, succeed } from "../../package-check/program.js"
import type { Generation } from "./server.js"

const here = fileURLToPath(new URL(".", import.meta.url))

/** A program, and the arguments that come before the address of the API. */
export type Command = readonly [program: string, ...args: ReadonlyArray<string>]

export interface Client {
  readonly name: string
  /** Installs it, in the pinned version or in the newest; rejects where it cannot be had. */
  readonly install: (options: {
    readonly latest: boolean
    readonly generation: Generation
    readonly temporary: string
  }) => Promise<Command>
}

const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"]

let installed: Promise<unknown> | undefined

/** Installs both packages, and the language server that all clients use; once. */
const installPackages = (latest: boolean): Promise<unknown> => {
  installed ??= latest
    ? npmInstall(here, ["@daytona/sdk@latest", "@daytonaio/sdk@latest"], ["--no-save", ...flags])
    : succeed("npm", ["ci", ...flags], { directory: here, limit: 300 })
  return installed
}

const npm = (name: string): Client => ({
  name,
  install: async ({ latest }) => {
    await installPackages(latest)
    return [process.execPath, join(here, "programs/client.mjs"), name]
  }
})

const requirements = { current: "requirements.txt", "0.190": "requirements-0.190.txt" } as const

const python: Client = {
  name: "daytona (Python)",
  install: async ({ generation, latest, temporary }) => {
    await installPackages(latest)
    const environment = join(temporary, "python")
    await succeed("python3", ["-m", "venv", environment], { directory: temporary })
    const program = join(environment, "bin/python")
    const what = latest ? ["--upgrade", "daytona"] : ["--requirement", join(here, requirements[generation])]
    const options = ["--quiet", "--disable-pip-version-check", ...what]
    await succeed(program, ["-m", "pip", "install", ...options], { directory: temporary, limit: 300 })
    return [program, join(here, "programs/client.py")]
  }
}

/** The clients of today, and those of the time of the older server, which are the only ones that understand it. */
export const clients: Readonly<Record<Generation, ReadonlyArray<Client>>> = {
  current: [python, npm("@daytona/sdk"), npm("@daytonaio/sdk")],
  "0.190": [python, npm("daytona-0.190")]
}

/** What came of an area. */
export interface Result {
  readonly area: string
  readonly problem?: string
}

export interface Trial {
  readonly version: string
  readonly results: ReadonlyArray<Result>
}

type Line = { readonly version: string } | { readonly done: true } | Result

const parsed = (line: string): Line | undefined => {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/** Runs a client's program to its end. A program that does not reach its end has a problem of its own. */
export const trial = async ([program, ...args]: Command, apiUrl: string, generation: Generation): Promise<Trial> => {
  const { code, output } = await run(program, [...args, apiUrl, generation], { directory: here, limit: 300 })
  const lines = output.split("\n").flatMap((line) => (line.startsWith("{") ? (parsed(line) ?? []) : []))
  const results = lines.flatMap((line) => ("area" in line ? line : []))
  const isDone = code === 0 && lines.some((line) => "done" in line)
  return {
    version: lines.flatMap((line) => ("version" in line ? line.version : []))[0] ?? "unknown",
    results: isDone
      ? results
      : [...results, { area: "the whole", problem: `exit code ${code}\n${output.slice(-2000)}` }]
  }
}
