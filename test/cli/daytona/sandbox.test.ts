/** `sandbox`. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Sandboxes, SandboxName } from "../../../src/daytona.js"
import { Outcome } from "../../../src/embedded/daytona/index.js"
import { turn } from "../../support/until.js"
import { cli, home, start } from "../support/program.js"
import { daytona, daytonaWithBox } from "../support/servers.js"
import { enter, open } from "../support/terminal.js"

const statesOf = ({ server }: Effect.Effect.Success<ReturnType<typeof daytona>>) =>
  Effect.map(server.sandboxes, (found) => Object.fromEntries(found.map(({ name, state }) => [name, state])))

describe("sandbox ls", () => {
  it.scopedLive("shows a line for each sandbox", () =>
    Effect.gen(function* () {
      const { variables } = yield* daytonaWithBox()
      const { code, stderr, stdout } = yield* cli(["sandbox", "ls"], { variables })
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
      expect(stdout).toMatch(
        /^NAME +STATE +SNAPSHOT +SIZE +REGION +ACTIVE +CREATED\nbox +started +daytona-small +1 core, /
      )
    })
  )

  it.scopedLive("prints an array with --json, of those with a label and a state", () =>
    Effect.gen(function* () {
      const { variables } = yield* daytonaWithBox()
      const create = yield* cli(["sandbox", "create", "labelled", "--label", "team=search"], { variables })
      expect(create.code).toBe(0)
      const list = (...args: ReadonlyArray<string>) =>
        Effect.map(cli(["sandbox", "ls", "--json", ...args], { variables }), ({ stdout }) =>
          JSON.parse(stdout).map(({ name }: { readonly name: string }) => name)
        )
      expect(yield* list("--label", "team=search", "--state", "started")).toEqual(["labelled"])
      expect(yield* list("--state", "stopped")).toEqual([])
      expect(yield* list("--limit", "1")).toHaveLength(1)
    })
  )
})

describe("sandbox create", () => {
  it.scopedLive("creates what the options say, and shows no value of a variable", () =>
    Effect.gen(function* () {
      const { server, variables } = yield* daytona()
      const args = ["--image", "python:3.12", "--cpu", "2", "--memory", "4", "--auto-stop", "1h", "--public"]
      const { code, stderr, stdout } = yield* cli(
        ["sandbox", "create", "mine", ...args, "--env", "KEY", "--env", "A=b=c", "--json"],
        { variables: { ...variables, KEY: "value-of-the-key" } }
      )
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
      expect(JSON.parse(stdout)).toMatchObject({
        name: "mine",
        state: "started",
        cpu: 2,
        memory: 4,
        autoStop: "1h",
        public: true
      })
      expect(stdout).not.toContain("value-of-the-key")
      const [created] = yield* server.sandboxes
      expect(created?.env).toMatchObject({ KEY: "value-of-the-key", A: "b=c" })
    })
  )

  it.live.each([
    [["--image", "a:1", "--snapshot", "b"], "--image or --snapshot"],
    [["--cpu", "2"], "need --image"],
    [["--env", "NOT_SET_ANYWHERE"], "--env"],
    [["--label", "x"], "--label"],
    [["--volume", "data"], "--volume"],
    [["--memory", "4096"], "--memory"],
    [["--auto-stop", "soon"], "--auto-stop"]
  ] as const)("answers %j with exit code 2, before anything is sent", ([[...args], named]) =>
    Effect.gen(function* () {
      const variables = { DAYTONA_API_URL: "http://127.0.0.1:1", DAYTONA_API_KEY: "key" }
      const { code, stderr, stdout } = yield* cli(["sandbox", "create", ...args], { variables })
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" })
      expect(stderr).toContain(named)
    })
  )

  it.scopedLive("deletes the sandbox when it is interrupted, and says so", () =>
    Effect.gen(function* () {
      const started = yield* daytona()
      yield* started.server.outcomes.inject({ during: "create", outcome: Outcome.takes("3 seconds") })
      const { child, ended } = yield* start(["sandbox", "create", "half"], {
        home: yield* home,
        variables: started.variables
      })
      yield* Effect.zipRight(turn, statesOf(started)).pipe(
        Effect.repeat({ until: ({ half }) => half === "creating" || half === "starting" })
      )
      child.kill("SIGINT")
      const { code, stderr, stdout } = yield* ended
      expect({ code, stdout }).toEqual({ code: 130, stdout: "" })
      expect(stderr).toBe("Interrupted: a sandbox that had been created is deleted, unless a warning says otherwise.\n")
      expect(Object.values(yield* statesOf(started))).toEqual(["destroyed"])
    })
  )
})

describe("sandbox start and stop", () => {
  it.scopedLive("wait for the new state", () =>
    Effect.gen(function* () {
      const started = yield* daytonaWithBox()
      const { variables } = started
      expect(yield* cli(["sandbox", "stop", "box"], { variables })).toEqual({ code: 0, stdout: "box\n", stderr: "" })
      expect(yield* statesOf(started)).toEqual({ box: "stopped" })
      expect(yield* cli(["sandbox", "start", "box"], { variables })).toEqual({ code: 0, stdout: "box\n", stderr: "" })
      expect(yield* statesOf(started)).toEqual({ box: "started" })
    })
  )

  it.scopedLive("does not stop, and thereby delete, an ephemeral sandbox without a yes", () =>
    Effect.gen(function* () {
      const started = yield* daytona()
      const { services, variables } = started
      yield* Effect.provide(
        Effect.flatMap(Sandboxes, (sandboxes) =>
          sandboxes.create({ name: SandboxName.make("brief"), autoDelete: "on-stop" })
        ),
        services
      )
      const refused = yield* cli(["sandbox", "stop", "brief"], { variables })
      expect(refused.code).toBe(2)
      expect(refused.stderr).toContain("Stop and thereby delete brief, with all files? There is no terminal to ask on")
      expect(yield* statesOf(started)).toMatchObject({ brief: "started" })
      expect((yield* cli(["sandbox", "stop", "brief", "--yes"], { variables })).code).toBe(0)
    })
  )
})

describe("sandbox rm", () => {
  it.scopedLive("deletes nothing without a yes, nor when one of the names is wrong", () =>
    Effect.gen(function* () {
      const started = yield* daytonaWithBox()
      const { variables } = started
      const refused = yield* cli(["sandbox", "rm", "box"], { variables })
      expect({ code: refused.code, stdout: refused.stdout }).toEqual({ code: 2, stdout: "" })
      expect(refused.stderr).toContain("Delete box, with all files? There is no terminal to ask on: add --yes")
      expect((yield* cli(["sandbox", "rm", "box", "none", "--yes"], { variables })).code).toBe(3)
      expect(yield* statesOf(started)).toEqual({ box: "started" })
    })
  )

  it.scopedLive("asks in a terminal", () =>
    Effect.gen(function* () {
      const started = yield* daytonaWithBox()
      const screen = yield* open(["sandbox", "rm", "box"], { home: yield* home, variables: started.variables })
      yield* screen.shows("Delete box, with all files? [y/N]")
      screen.type(`y${enter}`)
      expect((yield* screen.ended).exitCode).toBe(0)
      expect(Object.values(yield* statesOf(started))).toEqual(["destroyed"])
    })
  )
})

describe("sandbox info and metrics", () => {
  it.scopedLive("show a sandbox, and what it uses", () =>
    Effect.gen(function* () {
      const { box, variables } = yield* daytonaWithBox()
      const info = yield* cli(["sandbox", "info", "box"], { variables })
      expect(info.code).toBe(0)
      expect(info.stdout).toMatch(/^Sandbox +box\nId +/)
      expect(info.stdout).toContain(box.id)
      expect(info.stdout).toMatch(/\nStops +after 15m without activity\n/)
      const metrics = yield* cli(["sandbox", "metrics", "box", "--json"], { variables })
      expect(metrics.code).toBe(0)
      expect(JSON.parse(metrics.stdout)).toBeInstanceOf(Array)
    })
  )

  it.scopedLive("fail with exit code 3 for a sandbox that does not exist", () =>
    Effect.gen(function* () {
      const { variables } = yield* daytona()
      const { code, stderr, stdout } = yield* cli(["sandbox", "info", "none"], { variables })
      expect({ code, stdout }).toEqual({ code: 3, stdout: "" })
      expect(stderr).toMatch(/^error: GET \/sandbox\/none /)
    })
  )
})
