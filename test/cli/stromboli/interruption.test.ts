/** Ctrl-C and other ends of long commands: nothing is left on the server, and the user is told what was done. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { Fault, Script } from "../../../src/embedded/stromboli/index.js"
import { Agents, Execution, Jobs } from "../../../src/stromboli.js"
import { home, start } from "../support/program.js"
import { stromboli } from "../support/servers.js"
import { controlC, open } from "../support/terminal.js"

/** A server whose runs never end; it counts those that go on. */
const endless = Effect.gen(function* () {
  let running = 0
  const begun = Effect.sync(() => {
    running += 1
  })
  const over = Effect.sync(() => {
    running -= 1
  })
  const found = yield* stromboli({
    run: () =>
      Stream.unwrapScoped(
        Effect.as(
          Effect.acquireRelease(begun, () => over),
          Script.hangs("a first line")
        )
      )
  })
  return { ...found, running: () => running }
})

const eventually = <E, R>(isSo: Effect.Effect<boolean, E, R>) =>
  Effect.repeat(isSo, { until: (so) => so, schedule: Schedule.spaced("10 millis") })

describe("an interruption", () => {
  it.scopedLive.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129]
  ] as const)("%j of run stops the run, and says so", ([signal, code]) =>
    Effect.gen(function* () {
      const { running, variables } = yield* endless
      const { child, ended } = yield* start(["run", "hello"], { home: yield* home, variables })
      child.stdin.end()
      yield* eventually(Effect.sync(() => running() === 1))
      child.kill(signal)
      expect(yield* ended).toEqual({ code, stdout: "", stderr: "Interrupted: the run was stopped.\n" })
      yield* eventually(Effect.sync(() => running() === 0))
    })
  )

  it.scopedLive("of stream stops the run, after what it had printed", () =>
    Effect.gen(function* () {
      const { running, variables } = yield* endless
      const { child, ended, prints } = yield* start(["stream", "hello"], { home: yield* home, variables })
      yield* prints("a first line\n")
      child.kill("SIGINT")
      expect(yield* ended).toEqual({
        code: 130,
        stdout: "a first line\n",
        stderr: "Interrupted: the run was stopped.\n"
      })
      yield* eventually(Effect.sync(() => running() === 0))
    })
  )

  it.scopedLive("of chat stops the agent", () =>
    Effect.gen(function* () {
      const { running, services, variables } = yield* endless
      const { child, ended } = yield* start(["chat"], { home: yield* home, variables })
      child.stdin.write("hello\n")
      yield* eventually(Effect.sync(() => running() === 1))
      child.kill("SIGINT")
      const { code, stderr } = yield* ended
      expect(code).toBe(130)
      expect(stderr).toMatch(/Agent agent-\S+ was stopped\.\n$/)
      yield* eventually(Effect.sync(() => running() === 0))
      const left = yield* Effect.provide(
        Effect.flatMap(Agents, (agents) => agents.list),
        services
      )
      expect(left).toEqual([])
    })
  )

  it.scopedLive("of agents attach leaves the agent running", () =>
    Effect.gen(function* () {
      const { services, variables } = yield* endless
      const agent = yield* Effect.provide(
        Effect.flatMap(Agents, (agents) => agents.create()),
        services
      )
      const { child, ended, notes } = yield* start(["agents", "attach", agent.id], { home: yield* home, variables })
      yield* notes("Attached to")
      child.kill("SIGINT")
      const { code, stderr } = yield* ended
      expect(code).toBe(130)
      expect(stderr).toContain(`Detached; ${agent.id} keeps running.\n`)
      const found = yield* Effect.provide(
        Effect.flatMap(Agents, (agents) => agents.get(agent.id)),
        services
      )
      expect(["starting", "idle"]).toContain(found.status)
    })
  )

  it.scopedLive.each([
    [[], "still running", "running"],
    [["--cancel-on-interrupt"], "marked as cancelled", "cancelled"]
  ] as const)("of jobs wait %j says what became of the job", ([flags, told, status]) =>
    Effect.gen(function* () {
      const { running, services, server, variables } = yield* endless
      const { jobId } = yield* Effect.provide(
        Effect.flatMap(Execution, (execution) => execution.runAsync({ prompt: "hello" })),
        services
      )
      yield* eventually(Effect.sync(() => running() === 1))
      yield* server.clearRequests
      const { child, ended } = yield* start(["jobs", "wait", ...flags, jobId], { home: yield* home, variables })
      yield* eventually(Effect.map(server.requests, (requests) => requests.length > 0))
      child.kill("SIGINT")
      const { code, stderr, stdout } = yield* ended
      expect({ code, stdout }).toEqual({ code: 130, stdout: "" })
      expect(stderr).toContain(told)
      const job = yield* Effect.provide(
        Effect.flatMap(Jobs, (jobs) => jobs.get(jobId)),
        services
      )
      expect(job.status).toBe(status)
    })
  )

  it.scopedLive("with Ctrl-C in a terminal does the same, and removes the progress", () =>
    Effect.gen(function* () {
      const { running, variables } = yield* endless
      const screen = yield* open(["run", "hello"], { home: yield* home, variables })
      yield* screen.shows(/Running the prompt 1s/)
      screen.type(controlC)
      expect((yield* screen.ended).exitCode).toBe(130)
      expect(screen.text()).toMatch(/^(\^C)?Interrupted: the run was stopped\.$/)
      yield* eventually(Effect.sync(() => running() === 0))
    })
  )

  it.scopedLive("that comes twice ends the process at once, though the server does not respond", () =>
    Effect.gen(function* () {
      const { server, variables } = yield* endless
      const { child, ended } = yield* start(["chat"], { home: yield* home, variables })
      child.stdin.write("hello\n")
      yield* eventually(Effect.map(server.requests, (all) => all.some(({ path }) => path.endsWith("/send"))))
      yield* server.faults.inject({ method: "DELETE", fault: Fault.hang, times: 100 })
      child.kill("SIGINT")
      yield* eventually(Effect.map(server.requests, (all) => all.some(({ method }) => method === "DELETE")))
      child.kill("SIGINT")
      expect((yield* ended).code).toBe(130)
    })
  )

  it.scopedLive("by a reader that has gone ends quietly", () =>
    Effect.gen(function* () {
      const { variables } = yield* stromboli()
      const { child, ended, prints } = yield* start(["stream", "Count to 10000"], { home: yield* home, variables })
      yield* prints("1\n")
      child.stdout.destroy()
      expect(yield* ended).toMatchObject({ code: 0, stderr: "" })
    })
  )
})
