/** How `mcp` ends: by signals, by its client, by force. What it made is gone, and what was there stays. */
import { existsSync } from "node:fs"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Fault, Outcome } from "../../../src/embedded/daytona/index.js"
import { cli, home, type Running } from "../support/program.js"
import { ahead, daytona, daytonaWithBox } from "../support/servers.js"
import { endless, gone, messagesIn, officialHttp, overHttp, overStdio, statesBecome } from "./support.js"

const interrupt = (signal: NodeJS.Signals) => [signal, ({ child }: Running) => child.kill(signal)] as const

const ways = [
  interrupt("SIGINT"),
  interrupt("SIGTERM"),
  interrupt("SIGHUP"),
  ["the end of its input", ({ child }: Running) => child.stdin.end()],
  ["a client that reads no more", ({ child }: Running) => child.stdout.destroy()]
] as const

const deleting = /^Deleting the sandbox \S+\.\n$/

describe("mcp over stdio", () => {
  it.scopedLive.each(ways)("ends well with %s, kills what runs, and deletes its sandbox", ([way, end]) =>
    Effect.gen(function* () {
      const { server, variables } = yield* daytona()
      const { command, pid } = endless(yield* home)
      const running = yield* overStdio([], variables)
      running.call("long", "run_command", { command })
      const process = yield* pid
      end(running)
      // Nobody notices that a pipe is not read from until something is written to it.
      if (way.includes("reads")) running.call("short", "run_command", { command: "true" })
      const { code, stderr, stdout } = yield* running.ended
      expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(deleting) })
      expect(messagesIn(stdout)).toMatchObject([{ id: "hello", result: {} }])
      yield* statesBecome(server, ["destroyed"])
      yield* gone(process)
    })
  )

  it.scopedLive.each([...ways.slice(0, 4)])("ends with %s while its sandbox is being created", ([, end]) =>
    Effect.gen(function* () {
      const { server, variables } = yield* daytona()
      yield* server.outcomes.inject({ during: "create", outcome: Outcome.takes("3 seconds") })
      const running = yield* overStdio([], variables)
      running.call("first", "run_command", { command: "true" })
      yield* statesBecome(server, ["creating"])
      end(running)
      const { code, stdout } = yield* running.ended
      expect(code).toBe(0)
      expect(messagesIn(stdout)).toHaveLength(1)
      yield* statesBecome(server, ["destroyed"])
    })
  )

  it.scopedLive("keeps the sandbox of --sandbox when it is interrupted, and kills what runs in it", () =>
    Effect.gen(function* () {
      const { server, variables } = yield* daytonaWithBox()
      const { command, pid } = endless(yield* home)
      const running = yield* overStdio(["--sandbox", "box"], variables)
      running.call("long", "run_command", { command })
      const process = yield* pid
      running.child.kill("SIGINT")
      expect(yield* running.ended).toMatchObject({ code: 0, stderr: "" })
      yield* gone(process)
      yield* statesBecome(server, ["started"])
    })
  )

  it.scopedLive("ends at once with a second signal, though the server does not respond", () =>
    Effect.gen(function* () {
      const { server, variables } = yield* daytona()
      const running = yield* overStdio([], variables)
      running.call("first", "run_command", { command: "true" })
      yield* running.prints(/"id":"first"/)
      yield* server.faults.inject({ method: "DELETE", fault: Fault.hang, times: 100 })
      running.child.kill("SIGINT")
      yield* running.notes(deleting)
      running.child.kill("SIGINT")
      expect((yield* running.ended).code).toBe(130)
    })
  )

  it.scopedLive("warns once of a sandbox that it could not delete", () =>
    Effect.gen(function* () {
      const { server, variables } = yield* daytona()
      const running = yield* overStdio([], variables)
      running.call("first", "run_command", { command: "true" })
      yield* running.prints(/"id":"first"/)
      yield* server.faults.inject({ method: "DELETE", fault: Fault.status(403), times: 100 })
      running.child.stdin.end()
      const { code, stderr, stdout } = yield* running.ended
      expect(code).toBe(0)
      expect(stderr).toMatch(/^Deleting the sandbox \S+\.\nwarn: Sandbox \S+ could not be deleted: [^\n]*\n$/)
      expect(messagesIn(stdout)).toHaveLength(2)
    })
  )

  it.scopedLive("leaves its sandbox when it is killed, which the server deletes later, and `reap` sooner", () =>
    Effect.gen(function* () {
      const { clock, pass } = yield* ahead
      const { server, variables } = yield* Effect.withClock(daytona(), clock)
      const { command, pid } = endless(yield* home)
      const running = yield* overStdio(["--application", "agents"], variables)
      running.call("long", "run_command", { command })
      const process = yield* pid
      running.child.kill("SIGKILL")
      expect((yield* running.ended).code).toBe(null)
      expect(yield* server.sandboxes).toMatchObject([
        { state: "started", autoStopInterval: 15, autoDeleteInterval: 1440 }
      ])
      expect(existsSync(`/proc/${process}`)).toBe(true)
      pass(7_200_000)
      const reaped = yield* cli(["reap", "--application", "agents", "--unused-for", "1h", "--yes", "--json"], {
        variables
      })
      expect(JSON.parse(reaped.stdout)).toMatchObject({ removals: [{ kind: "sandbox", outcome: "removed" }] })
      yield* gone(process)
    })
  )
})

describe("mcp over HTTP", () => {
  it.scopedLive.each([interrupt("SIGINT"), interrupt("SIGTERM")])(
    "ends well with %s, kills what runs, and deletes the sandboxes of all clients",
    ([, end]) =>
      Effect.gen(function* () {
        const { server, variables } = yield* daytona()
        const running = yield* overHttp([], variables)
        const [one, other] = [endless(yield* home), endless(yield* home)]
        for (const { command } of [one, other]) {
          const { client } = yield* officialHttp(running.url)
          client.callTool({ name: "run_command", arguments: { command } }).catch(() => undefined)
        }
        const processes = [yield* one.pid, yield* other.pid]
        end(running)
        const { code, stderr, stdout } = yield* running.ended
        expect({ code, stdout }).toEqual({ code: 0, stdout: `listening ${running.url}\n` })
        expect(stderr).toMatch(/^(Deleting the sandbox \S+\.\n){2}$/)
        yield* statesBecome(server, ["destroyed", "destroyed"])
        yield* Effect.forEach(processes, gone)
      })
  )

  it.scopedLive("kills what a client that has gone had started, and serves on", () =>
    Effect.gen(function* () {
      const { variables } = yield* daytonaWithBox()
      const { url } = yield* overHttp(["--sandbox", "box"], variables)
      const { command, pid } = endless(yield* home)
      const leaving = yield* officialHttp(url)
      leaving.client.callTool({ name: "run_command", arguments: { command } }).catch(() => undefined)
      const process = yield* pid
      yield* Effect.promise(() => leaving.client.close())
      yield* gone(process)
      const { client } = yield* officialHttp(url)
      expect((yield* Effect.promise(() => client.listTools())).tools.length).toBeGreaterThan(5)
    })
  )

  it.scopedLive("ends at once with a second signal, though the server does not respond", () =>
    Effect.gen(function* () {
      const { server, variables } = yield* daytona()
      const running = yield* overHttp([], variables)
      const { client } = yield* officialHttp(running.url)
      yield* Effect.promise(() => client.callTool({ name: "run_command", arguments: { command: "true" } }))
      yield* server.faults.inject({ method: "DELETE", fault: Fault.hang, times: 100 })
      running.child.kill("SIGINT")
      yield* running.notes(deleting)
      running.child.kill("SIGINT")
      expect((yield* running.ended).code).toBe(130)
    })
  )
})
