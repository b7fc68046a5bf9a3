/**
 * The real Claude Code behind the embedded Stromboli, against a model of our own: `npm run test:claude`. Another
 * version with `-- --version 2.0.76` or `-- --version latest`; some areas by their names, as in `-- stream "run,
 * json"`, or all about a place, as in `-- sandbox`.
 */
import { fileURLToPath } from "node:url"
import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Area } from "./areas/Area.js"
import { areas } from "./areas/index.js"
import { check } from "./check.js"
import { parse } from "./cli/commandLine.js"
import { pinned, versioned } from "./cli/install.js"

const here = fileURLToPath(new URL(".", import.meta.url))

/** By its name, or by the place that it is about: `sandbox`. */
const isCalled = (name: string) => (area: Area) => area.name === name || area.name.startsWith(`${name}: `)

/** Whether all is well, or nothing could be looked at. */
const program = Effect.gen(function* () {
  const { areas: names, version } = yield* parse(process.argv.slice(2))
  const unknown = names.filter((name) => !areas.some(isCalled(name)))
  if (unknown.length > 0) {
    return yield* Effect.fail(`no area ${unknown.join(", ")}; there are ${areas.map(({ name }) => name).join("; ")}`)
  }
  const fileSystem = yield* FileSystem.FileSystem
  const directory = yield* fileSystem.makeTempDirectoryScoped({ prefix: "effect-sandboxes-claude-" })
  const installed = yield* Effect.either(version === undefined ? pinned(here) : versioned(version, directory))
  if (Either.isLeft(installed)) {
    yield* Console.log(`skipped: Claude Code cannot be installed or run here: ${installed.left.message}`)
    return true
  }
  const chosen = names.length === 0 ? areas : areas.filter((area) => names.some((name) => isCalled(name)(area)))
  return yield* check(installed.right, chosen, directory)
})

program.pipe(
  Effect.scoped,
  Effect.catchAll((problem) => Effect.as(Console.error(problem), false)),
  Effect.tap((isWell) => {
    if (!isWell) process.exitCode = 1
  }),
  Effect.provide(NodeContext.layer),
  NodeRuntime.runMain
)
