/** `mcp`, used by the official client. */
import { describe, expect, it } from "@effect/vitest"
import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js"
import * as Effect from "effect/Effect"
import { cli, environment, home, program } from "../support/program.js"
import { daytona } from "../support/servers.js"

describe("mcp", () => {
  it.scopedLive("serves tools over stdio, in a sandbox that the first call creates and the end deletes", () =>
    Effect.gen(function* () {
      const { server, variables } = yield* daytona()
      const directory = yield* home
      const changes = Effect.map(server.requests, (all) =>
        all.flatMap(({ method, path }) => (/\/sandbox(\/[^/]+)?$/.test(path) && method !== "GET" ? [method] : []))
      )
      const client = new Client({ name: "test", version: "1" })
      const problems: Array<Error> = []
      client.onerror = (problem) => problems.push(problem)
      yield* Effect.promise(() =>
        client.connect(
          new StdioClientTransport({
            command: process.execPath,
            args: [program, "mcp", "--tools", "commands,files"],
            env: { ...environment(directory, variables) }
          })
        )
      )
      const { tools } = yield* Effect.promise(() => client.listTools())
      const names = tools.map(({ name }) => name)
      expect(names).toContain("run_command")
      expect(names).not.toContain("desktop_screenshot")
      expect(names).not.toContain("run_python")
      expect(yield* changes).toEqual([])
      const ran = yield* Effect.promise(() =>
        client.callTool({ name: "run_command", arguments: { command: "echo from a sandbox" } })
      )
      expect(ran).toMatchObject({ isError: false, content: [{ text: expect.stringContaining("from a sandbox") }] })
      expect(yield* changes).toEqual(["POST"])
      yield* Effect.promise(() => client.close())
      expect(yield* changes).toEqual(["POST", "DELETE"])
      expect(problems).toEqual([])
    })
  )

  it.effect.each([
    [["--tools", "everything"], "--tools: expected some of commands"],
    [["--http"], "--http needs a token"],
    [["--port", "0"], "are for --http"]
  ] as const)("refuses %j before it serves", ([[...args], told]) =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* cli(["mcp", "--embedded", ...args])
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" })
      expect(stderr).toContain(told)
    })
  )
})
