/** `chat` and `agents`. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Script } from "../../../src/embedded/stromboli/index.js"
import { Agents } from "../../../src/stromboli.js"
import { cli, home, start } from "../support/program.js"
import { stromboli } from "../support/servers.js"
import { controlC, controlD, enter, open } from "../support/terminal.js"

const escape = "\u001b"

describe("chat", () => {
  it.scopedLive("answers each line of standard input, and stops its agent", () =>
    Effect.gen(function* () {
      const { services, variables } = yield* stromboli()
      const { code, stderr, stdout } = yield* cli(["chat"], {
        variables,
        input: "My name is Ada\nWhat is my name?\n"
      })
      expect(code).toBe(0)
      expect(stdout).toBe(
        "[demo agent, no model was called] Nice to meet you, Ada. I will remember your name.\n[demo agent, no model was called] Your name is Ada.\n"
      )
      expect(stderr).toMatch(/^Agent agent-\S+ was stopped\.\n$/)
      expect(
        yield* Effect.provide(
          Effect.flatMap(Agents, (agents) => agents.list),
          services
        )
      ).toEqual([])
    })
  )

  it.scopedLive("prints the events with --json", () =>
    Effect.gen(function* () {
      const { variables } = yield* stromboli()
      const { stdout } = yield* cli(["chat", "--json"], { variables, input: "Hello\n" })
      const events = stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line))
      expect(events.map(({ _tag }) => _tag)).toContain("Output")
      expect(events.at(-1)).toMatchObject({ _tag: "TurnEnded" })
    })
  )

  it.scopedLive("talks in a terminal: typing, partial text, the cost so far, and an end with Ctrl-D", () =>
    Effect.gen(function* () {
      const { variables } = yield* stromboli()
      const screen = yield* open(["chat"], { home: yield* home, variables })
      yield* screen.shows(/^>$/m)
      screen.type("Count to 3x")
      screen.type("\u007f")
      screen.type(enter)
      yield* screen.shows(/\$0\.00 so far>$/)
      expect(screen.text()).toMatch(/> Count to 3\n\[demo agent.*\n1\n2\n3\n1 turn · .*\$0\.00 so far\n>/)
      screen.resize(40, 10)
      screen.type(`My name is Ada${enter}`)
      yield* screen.shows(/Nice to meet you, Ada/)
      yield* screen.shows(/so far>$/)
      screen.type(controlD)
      expect((yield* screen.ended).exitCode).toBe(0)
      expect(screen.text().replaceAll("\n", "")).toMatch(/Agent agent-\S+ was stopped\.$/)
    })
  )

  it.scopedLive("stops its agent when Ctrl-C is typed at the prompt", () =>
    Effect.gen(function* () {
      const { services, variables } = yield* stromboli()
      const screen = yield* open(["chat"], { home: yield* home, variables, columns: 120 })
      yield* screen.shows(/^>$/m)
      screen.type("half a line")
      yield* screen.shows("half a line")
      screen.type(controlC)
      expect((yield* screen.ended).exitCode).toBe(130)
      expect(screen.text()).toMatch(/Agent agent-\S+ was stopped\.$/)
      expect(
        yield* Effect.provide(
          Effect.flatMap(Agents, (agents) => agents.list),
          services
        )
      ).toEqual([])
    })
  )

  it.scopedLive("lets no control sequence of a model reach the terminal", () =>
    Effect.gen(function* () {
      const hostile = `${escape}]0;title\u0007${escape}[2J${escape}[31mred\u009b5n\u202edesrever`
      const { variables } = yield* stromboli({ run: (input) => Script.replies(input, hostile) })
      const screen = yield* open(["chat"], { home: yield* home, variables })
      yield* screen.shows(/^>$/m)
      screen.type(`Hello${enter}`)
      yield* screen.shows("so far")
      expect(screen.text()).toContain("␛]0;title␇␛[2J␛[31mred\\x9b5n\\u{202e}desrever")
      expect(screen.raw()).not.toContain(`${escape}]0;`)
      expect(screen.raw()).not.toContain(`${escape}[2J${escape}[31m`)
      screen.type(controlD)
      yield* screen.ended
    })
  )
})

describe("agents", () => {
  it.scopedLive("are listed, watched, given prompts, and stopped", () =>
    Effect.gen(function* () {
      const { services, variables } = yield* stromboli()
      const agent = yield* Effect.provide(
        Effect.flatMap(Agents, (agents) => agents.create()),
        services
      )
      const listed = yield* cli(["agents", "ls"], { variables })
      expect(listed.stdout).toContain(agent.id)

      const watcher = yield* start(["agents", "attach", "--read-only", agent.id], { home: yield* home, variables })
      yield* watcher.notes("Attached to")
      const sent = yield* cli(["agents", "attach", agent.id], { variables, input: "Count to 3\n" })
      expect(sent.code).toBe(0)
      // The whole turn, although the input had ended before it.
      expect(sent.stdout).toMatch(/\n1\n2\n3\n$/)
      expect(sent.stderr).toContain(`Detached; ${agent.id} keeps running.`)
      yield* watcher.prints("\n1\n2\n3\n")

      const refused = yield* cli(["agents", "stop", agent.id], { variables })
      expect(refused.code).toBe(2)
      expect(refused.stderr).toContain("--yes")
      const stopped = yield* cli(["agents", "stop", "--yes", agent.id], { variables })
      expect(stopped).toEqual({ code: 0, stdout: `${agent.id}\n`, stderr: "" })
      const { code, stderr } = yield* watcher.ended
      expect({ code, told: stderr.includes(agent.id) }).toEqual({ code: 0, told: true })
      expect((yield* cli(["agents", "attach", agent.id], { variables })).code).toBe(3)
    })
  )
})
