/** Claude Code as a service, in every place: the behaviours that `test/claude-code` checks with a stand-in. */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import { ClaudeCode, layerCommand } from "effect-sandboxes/claude-code"
import { behaviours } from "../../../test/claude-code/behaviour/index.js"
import { places } from "../../../test/claude-code/behaviour/places.js"
import { Recordings } from "../cli/Recordings.js"
import { expect, expectEqual, Mismatch } from "../expect.js"
import { Model, type Script } from "../model/Model.js"
import { says, uses } from "../model/Reply.js"
import { taskNotification } from "../model/Turn.js"
import type { Area } from "./Area.js"
import { delegate, task } from "./subAgents.js"

/** What the CLI puts before a prompt itself. */
const isReminder = (text: string) => text.startsWith("<system-reminder>")

const script: Script = {
  "Say hello.": () => Effect.succeed(says("Hello.")),
  "- is this an option?": () => Effect.succeed(says("No option.")),
  "Read this:": () => Effect.succeed(says("300011 characters.")),
  "What did I say before?": ({ before }) =>
    Effect.succeed(says(before.filter((text) => !isReminder(text)).join(" | "))),
  "Run a command.": ({ toolResults }) =>
    Effect.succeed(toolResults === 0 ? uses("Bash", { command: "touch touched" }) : says("Done: touch touched")),
  "Work without end.": () => Effect.succeed(uses("Bash", { command: "true" })),
  "Give me a number.": ({ toolResults }) =>
    Effect.succeed(toolResults === 0 ? uses("StructuredOutput", { number: 42 }) : says("A number.")),
  "Delegate.": (turn) => Effect.succeed(turn.toolResults === 0 ? delegate(turn, true) : says("Delegated.")),
  [task]: () => Effect.succeed(says("It rains.")),
  [taskNotification]: () => Effect.succeed(says("News: it rains.")),
  "Think for long.": () => Effect.succeed(says("Well, let me think.", { midway: Effect.never }))
}

const behavioursInPlaces: ReadonlyArray<Area> = places.flatMap(([place, layer]) =>
  behaviours
    .filter(({ onlyStandIn, places: where }) => onlyStandIn !== true && (where?.includes(place) ?? true))
    .map(
      ({ check, name }): Area => ({
        name: `${place}: ${name}`,
        since: "2.1.0",
        drive: Effect.flatMap(Model, (model) =>
          Effect.zipRight(model.follow(script), Effect.provide(Effect.scoped(check), layer))
        )
      })
    )
)

/** The server of the configuration is a shell that writes down what it is given. */
const secretOfServer: Area = {
  name: "command: a secret reaches an MCP server through the environment",
  since: "2.1.0",
  drive: Effect.gen(function* () {
    const model = yield* Model
    yield* model.follow(script)
    const files = yield* FileSystem.FileSystem
    const workingDirectory = yield* files.makeTempDirectoryScoped({ prefix: "claude-mcp-" })
    const args = ["-c", `printf %s "$TOKEN" > ${workingDirectory}/token`]
    const tickets = { command: "sh", args, env: { TOKEN: Redacted.make("a-secret-token") } }
    const recordings = yield* Recordings
    yield* Effect.gen(function* () {
      const claude = yield* ClaudeCode
      yield* claude.run({ prompt: "Say hello.", mcpServers: { tickets } })
    }).pipe(Effect.provide(layerCommand({ workingDirectory })))
    yield* expectEqual("what it got", yield* files.readFileString(`${workingDirectory}/token`), "a-secret-token")
    const words = (yield* recordings.all).flatMap((recording) => recording.args)
    yield* expect(!words.some((word) => word.includes("a-secret-token")), "the secret is on the command line")
  })
}

const isAlive = (pid: number) => Effect.isSuccess(Effect.try(() => process.kill(pid, 0)))

/** A command that Claude has started is in a process group of its own: it is the CLI that has to end it. */
const interruptedCommand: Area = {
  name: "command: an interrupted run ends the command that Claude has started",
  since: "2.1.0",
  drive: Effect.gen(function* () {
    const model = yield* Model
    const files = yield* FileSystem.FileSystem
    const workingDirectory = yield* files.makeTempDirectoryScoped({ prefix: "claude-child-" })
    const pidFile = `${workingDirectory}/pid`
    yield* model.follow({
      "Wait for long.": () => Effect.succeed(uses("Bash", { command: `echo $$ > ${pidFile}; exec sleep 600` }))
    })
    const run = yield* Effect.flatMap(ClaudeCode, (claude) =>
      claude.run({ prompt: "Wait for long.", dangerouslySkipPermissions: true })
    ).pipe(Effect.provide(layerCommand({ workingDirectory })), Effect.fork)
    const often = Schedule.spaced("50 millis")
    const pid = yield* files.readFileString(pidFile).pipe(
      Effect.map(Number),
      Effect.filterOrFail((read) => read > 0),
      Effect.retry(often)
    )
    yield* expect(yield* isAlive(pid), `the command (process ${pid}) is over already`)
    yield* Fiber.interrupt(run)
    yield* isAlive(pid).pipe(
      Effect.repeat({ schedule: often, while: (alive) => alive }),
      Effect.timeoutFail({
        duration: "15 seconds",
        onTimeout: () => new Mismatch({ message: `the command (process ${pid}) goes on after 15 seconds` })
      })
    )
  }).pipe(Effect.timeout("40 seconds"))
}

export const inPlaces: ReadonlyArray<Area> = [...behavioursInPlaces, secretOfServer, interruptedCommand]
