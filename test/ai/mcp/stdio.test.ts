/** The MCP server over stdin and stdout, used by the official client. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Predicate from "effect/Predicate"
import { Log, newClient, noted, png, seen, stdio } from "./support.js"

/** The official client of a server that runs until the client closes. */
const connected = Effect.gen(function* () {
  const { server, stdout, transport } = yield* stdio
  const running = yield* Effect.fork(server)
  const client = newClient()
  yield* Effect.promise(() => client.connect(transport))
  return { client, running, stdout }
})

const byId = (one: unknown, other: unknown) => idOf(one).localeCompare(idOf(other))
const idOf = (answer: unknown): string =>
  Predicate.hasProperty(answer, "id") && Predicate.isString(answer.id) ? answer.id : ""

const provided = Effect.provide(Log.layer)

describe("an MCP server over stdio", () => {
  it.scopedLive("lists the tools with what they do", () =>
    Effect.gen(function* () {
      const { client } = yield* connected
      expect(client.getServerVersion()).toMatchObject({ name: "sandbox" })
      const { tools } = yield* Effect.promise(() => client.listTools())
      expect(tools.map(({ name }) => name)).toContain("hang")
      expect(tools[0]).toMatchObject({
        name: "echo",
        title: "Echo",
        description: "Says it again.",
        inputSchema: { type: "object", properties: { text: { type: "string" } }, required: ["text"] },
        annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false }
      })
    }).pipe(provided)
  )

  it.scopedLive("answers calls, with pictures as images", () =>
    Effect.gen(function* () {
      const { client } = yield* connected
      const said = yield* Effect.promise(() => client.callTool({ name: "echo", arguments: { text: "¡hola\n\u2028!" } }))
      expect(said).toMatchObject({ isError: false, content: [{ type: "text", text: '{"said":"¡hola\\n\u2028!"}' }] })
      const look = yield* Effect.promise(() => client.callTool({ name: "look" }))
      expect(look).toMatchObject({
        isError: false,
        content: [
          { type: "text", text: '{"picture":"image/png, 4 bytes, attached"}' },
          { type: "image", mimeType: "image/png", data: Buffer.from(png).toString("base64") }
        ]
      })
      expect(yield* Effect.promise(() => client.callTool({ name: "nothing" }))).toMatchObject({ isError: false })
    }).pipe(provided)
  )

  it.scopedLive.each(["fail", "refuse"])("reports a failure as an error of the tool: %s", (name) =>
    Effect.gen(function* () {
      const { client } = yield* connected
      expect(yield* Effect.promise(() => client.callTool({ name }))).toMatchObject({
        isError: true,
        content: [{ type: "text", text: expect.stringContaining("There is no file a.txt.") }]
      })
    }).pipe(provided)
  )

  it.scopedLive("survives arguments and tools that are wrong", () =>
    Effect.gen(function* () {
      const { client } = yield* connected
      expect(yield* Effect.promise(() => client.callTool({ name: "echo", arguments: { text: 7 } }))).toMatchObject({
        isError: true
      })
      expect(yield* Effect.promise(() => client.callTool({ name: "die" }))).toMatchObject({ isError: true })
      const unknown = yield* Effect.flip(Effect.tryPromise(() => client.callTool({ name: "missing" })))
      expect(unknown.error).toMatchObject({ code: -32602, message: expect.stringContaining("missing") })
      yield* Effect.promise(() => client.ping())
    }).pipe(provided)
  )

  it.scopedLive("interrupts a call that the client cancels, and goes on", () =>
    Effect.gen(function* () {
      const { client } = yield* connected
      const aborting = new AbortController()
      const call = client.callTool({ name: "hang" }, undefined, { signal: aborting.signal })
      yield* seen("hanging")
      aborting.abort()
      yield* Effect.flip(Effect.tryPromise(() => call))
      yield* seen("interrupted")
      expect(yield* Effect.promise(() => client.callTool({ name: "count" }))).toMatchObject({
        content: [{ text: "1" }]
      })
    }).pipe(provided)
  )

  it.scopedLive("ends when the client closes its end, with its calls, and releases the handlers", () =>
    Effect.gen(function* () {
      const { client, running } = yield* connected
      const call = Effect.tryPromise(() => client.callTool({ name: "hang" }))
      const calling = yield* Effect.fork(Effect.exit(call))
      yield* seen("hanging")
      yield* Effect.promise(() => client.close())
      yield* Fiber.join(running)
      expect(yield* noted).toEqual(["built", "hanging", "interrupted", "released"])
      yield* Fiber.interrupt(calling)
    }).pipe(provided)
  )

  it.scopedLive("answers what was sent before its input ended", () =>
    Effect.gen(function* () {
      const { end, send, server, stdout } = yield* stdio
      const params = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "test", version: "1" } }
      yield* send(`${JSON.stringify({ jsonrpc: "2.0", id: 0, method: "initialize", params })}\n`)
      yield* send(`${JSON.stringify({ jsonrpc: "2.0", id: "list", method: "tools/list" })}\n`)
      yield* end
      yield* server
      expect(stdout.map((line): unknown => JSON.parse(line))).toMatchObject([
        { id: 0, result: { protocolVersion: "2025-06-18", serverInfo: { name: "sandbox" } } },
        { id: "list", result: { tools: expect.any(Array) } }
      ])
    }).pipe(provided)
  )

  it.scopedLive("answers what is not a message with an error, and goes on", () =>
    Effect.gen(function* () {
      const { end, send, server, stdout } = yield* stdio
      for (const line of [
        "{",
        "[]",
        "null",
        '{"jsonrpc":"1.0"}',
        '{"jsonrpc":"2.0","id":"a","method":"no/such"}',
        '{"jsonrpc":"2.0","id":"b","method":"tools/call","params":{"name":7}}',
        '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"never"}}',
        '{"jsonrpc":"2.0","method":"notifications/unknown"}',
        '{"jsonrpc":"2.0","id":9,"result":{}}',
        '{"jsonrpc":"2.0","id":"c","method":"ping"}'
      ]) {
        yield* send(`${line}\n`)
      }
      yield* end
      yield* server
      // Calls are answered beside the rest.
      expect(stdout.map((line): unknown => JSON.parse(line)).sort(byId)).toMatchObject([
        { id: null, error: { code: -32700 } },
        { id: null, error: { code: -32600 } },
        { id: null, error: { code: -32600 } },
        { id: null, error: { code: -32600 } },
        { id: "a", error: { code: -32601 } },
        { id: "b", error: { code: -32602 } },
        { id: "c", result: {} }
      ])
    }).pipe(provided)
  )
})
