/** The example of an MCP server, as the process of the official client, with a sandbox of the embedded Daytona. */
import { describe, expect, it } from "@effect/vitest"
import { getDefaultEnvironment, StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { EmbeddedDaytona } from "../../../src/embedded/daytona/index.js"
import { program } from "../../support/programs.js"
import { until } from "../../support/until.js"
import { newClient } from "./support.js"

const example = program("examples/mcp-server.ts")
const talkative = program("test/ai/mcp/talkative.ts")

/** The official client of a program, with what it could not read of its stdout, and its stderr. */
const connectedTo = (args: ReadonlyArray<string>, environment: Readonly<Record<string, string>> = {}) =>
  Effect.promise(async () => {
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [...args],
      env: { ...getDefaultEnvironment(), ...environment },
      stderr: "pipe"
    })
    const client = newClient()
    const problems: Array<Error> = []
    const stderr: Array<string> = []
    client.onerror = (error) => problems.push(error)
    transport.stderr?.on("data", (data) => stderr.push(String(data)))
    await client.connect(transport)
    return { client, problems, stderr, transport }
  })

const connected = Effect.gen(function* () {
  const { url } = yield* EmbeddedDaytona
  return yield* connectedTo([yield* example], {
    DAYTONA_API_URL: `${Option.getOrThrow(url)}/api`,
    DAYTONA_API_KEY: "a-key-for-the-example"
  })
})

/** What was done to sandboxes: `POST /sandbox`, … */
const changes = Effect.flatMap(EmbeddedDaytona, ({ requests }) =>
  Effect.map(requests, (all) =>
    all.flatMap(({ method, path }) => {
      const [, rest] = /\/(sandbox(?:\/[^/]+)?)$/.exec(path) ?? []
      return method === "GET" || rest === undefined ? [] : `${method} ${rest.replace(/\/.*/, "/{id}")}`
    })
  )
)

describe("a program that serves over stdio", () => {
  it.scopedLive.each(["pretty", "json"])(
    "writes nothing but messages to stdout, and what it logs once to stderr: %s",
    (logger) =>
      Effect.gen(function* () {
        const { client, problems, stderr } = yield* connectedTo([yield* talkative, logger])
        expect(yield* Effect.promise(() => client.callTool({ name: "log" }))).toMatchObject({
          content: [{ text: "logged" }]
        })
        yield* Effect.promise(() => client.close())
        expect(problems).toEqual([])
        const logged = stderr.join("")
        for (const text of ["handlers are built", "a call is answered", "printed"]) {
          expect(logged.split(text)).toHaveLength(2)
        }
        expect(logged).not.toMatch(/ERROR|FATAL/)
      })
  )
})

describe("the MCP server of the example", () => {
  it.scopedLive("creates its sandbox with the first call, and deletes it when the client goes away", () =>
    Effect.gen(function* () {
      const { client, problems } = yield* connected
      const { tools } = yield* Effect.promise(() => client.listTools())
      const names = tools.map(({ name }) => name)
      expect(names).toContain("run_command")
      expect(names.filter((name) => name.startsWith("desktop_"))).toEqual([])
      expect(tools.find(({ name }) => name === "read_file")?.annotations).toMatchObject({ readOnlyHint: true })
      expect(yield* changes).toEqual([])

      const ran = yield* Effect.promise(() =>
        client.callTool({ name: "run_command", arguments: { command: "echo from a sandbox; exit 3" } })
      )
      expect(ran).toMatchObject({ isError: false, content: [{ text: expect.stringContaining("from a sandbox") }] })
      const missing = yield* Effect.promise(() =>
        client.callTool({ name: "read_file", arguments: { path: "no-such-file" } })
      )
      expect(missing).toMatchObject({ isError: true, content: [{ text: expect.stringContaining("ToolFailed") }] })
      expect(yield* changes).toEqual(["POST sandbox"])

      yield* Effect.promise(() => client.close())
      expect(yield* changes).toEqual(["POST sandbox", "DELETE sandbox/{id}"])
      // Whatever is no message would be one.
      expect(problems).toEqual([])
    }).pipe(Effect.provide(EmbeddedDaytona.layerServer()))
  )

  it.scopedLive("deletes its sandbox also when it is told to stop", () =>
    Effect.gen(function* () {
      const { client, transport } = yield* connected
      yield* Effect.promise(() => client.callTool({ name: "run_command", arguments: { command: "true" } }))
      let hasEnded = false
      client.onclose = () => {
        hasEnded = true
      }
      process.kill(transport.pid ?? 0, "SIGTERM")
      yield* until(() => hasEnded)
      expect(yield* changes).toEqual(["POST sandbox", "DELETE sandbox/{id}"])
    }).pipe(Effect.provide(EmbeddedDaytona.layerServer()))
  )
})
