/** Installs Claude Code from npm, and finds what can be run of it. */
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import { outputOf, ProgramFailed } from "./process.js"

/** An installed Claude Code. */
export interface Installed {
  readonly version: string
  /** The program and the arguments that come before all others. */
  readonly command: readonly [program: string, ...args: ReadonlyArray<string>]
}

type Requirements = CommandExecutor.CommandExecutor | FileSystem.FileSystem | Path.Path

const name = "@anthropic-ai/claude-code"

/** Nothing needs the package's install script: it moves the binary to where a shell finds it. */
const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"]

/** The version of the lock file in `directory`, installed once. */
export const pinned = (directory: string): Effect.Effect<Installed, ProgramFailed, Requirements> =>
  Effect.gen(function* () {
    const wanted = yield* versionIn(directory)
    const present = yield* Effect.option(installedIn(directory))
    if (present._tag === "Some" && present.value.version === wanted) return present.value
    yield* npm(["ci", ...flags], directory)
    return yield* installedIn(directory)
  })

/** Any version that npm knows, installed into an empty folder. */
export const versioned = (version: string, directory: string): Effect.Effect<Installed, ProgramFailed, Requirements> =>
  Effect.zipRight(
    npm(["install", ...flags, "--no-save", "--prefix", directory, `${name}@${version}`], directory),
    installedIn(directory)
  )

const npm = (args: ReadonlyArray<string>, directory: string) =>
  outputOf("npm", args, { directory, timeout: "2 minutes" })

const versionIn = (directory: string) =>
  Effect.gen(function* () {
    const fileSystem = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const manifest = yield* fileSystem.readFileString(path.join(directory, "package.json"))
    return /"@anthropic-ai\/claude-code": "([^"]+)"/.exec(manifest)?.[1]
  }).pipe(Effect.mapError(({ message }) => new ProgramFailed({ message })))

const installedIn = (directory: string): Effect.Effect<Installed, ProgramFailed, Requirements> =>
  Effect.flatMap(candidates(directory), (commands) =>
    Effect.firstSuccessOf([
      ...commands.map((command) => Effect.map(versionOf(command, directory), (version) => ({ version, command }))),
      Effect.fail(new ProgramFailed({ message: `${name} has no program for ${process.platform} ${process.arch}` }))
    ])
  )

/** Newer versions are a binary in a package for each platform; older ones are a script for Node. */
const candidates = (directory: string) =>
  Effect.gen(function* () {
    const fileSystem = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const scope = path.join(directory, "node_modules/@anthropic-ai")
    const packages = yield* Effect.orElseSucceed(fileSystem.readDirectory(scope), (): Array<string> => [])
    const binaries = packages
      .filter((folder) => folder.startsWith("claude-code-"))
      .map((folder): Installed["command"] => [path.join(scope, folder, "claude")])
    const script: Installed["command"] = [process.execPath, path.join(scope, "claude-code/cli.js")]
    return [...binaries, script]
  })

const versionOf = ([program, ...args]: Installed["command"], directory: string) =>
  Effect.flatMap(outputOf(program, [...args, "--version"], { directory, timeout: "30 seconds" }), (output) => {
    const version = /\d+\.\d+\.\d+\S*/.exec(output)?.[0]
    return version === undefined
      ? Effect.fail(new ProgramFailed({ message: `${program} --version: ${output.trim()}` }))
      : Effect.succeed(version)
  })
