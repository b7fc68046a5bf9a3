/** The MCP server over HTTP, used by the official client and by requests that it does not make. */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { SandboxToolkit } from "../../../src/ai/index.js"
import { connect, handlers, http, Log, noted, png, seen, token, toolkit } from "./support.js"

const provided = Effect.provide(Log.layer)

const initialize = {
  jsonrpc: "2.0",
  id: 0,
  method: "initialize",
  params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "test", version: "1" } }
}

const authorized = { authorization: `Bearer ${token}`, "content-type": "application/json" }

const post = (url: URL, body: unknown, headers: Readonly<Record<string, string>> = authorized) =>
  Effect.promise(() =>
    fetch(url, { method: "POST", headers, body: typeof body === "string" ? body : JSON.stringify(body) })
  )

/** The id of a session that raw requests begin. */
const begun = (url: URL) =>
  Effect.map(post(url, initialize), (response) => response.headers.get("mcp-session-id") ?? "")

const ping = { jsonrpc: "2.0", id: 2, method: "ping" }

type App = Effect.Effect.Success<ReturnType<typeof SandboxToolkit.mcpHttpApp>>

/** A request to the application itself, whose time is that of the test. */
const send = (app: App, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
  Effect.provideService(
    app,
    HttpServerRequest.HttpServerRequest,
    HttpServerRequest.fromWeb(
      new Request("http://localhost/mcp", {
        method: "POST",
        headers: { host: "localhost", ...authorized, ...headers },
        body: JSON.stringify(body)
      })
    )
  )

const sessionOf = (app: App) =>
  Effect.map(Effect.scoped(send(app, initialize)), ({ headers }) => headers["mcp-session-id"] ?? "")

const call = (name: string) => ({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name } })

describe("an MCP server over HTTP", () => {
  it.scopedLive("lists tools and answers calls", () =>
    Effect.gen(function* () {
      const { client } = yield* connect(yield* http())
      const { tools } = yield* Effect.promise(() => client.listTools())
      expect(tools[0]).toMatchObject({ name: "echo", annotations: { readOnlyHint: true } })
      const look = yield* Effect.promise(() => client.callTool({ name: "look" }))
      expect(look).toMatchObject({
        content: [{ type: "text" }, { type: "image", data: Buffer.from(png).toString("base64") }]
      })
      expect(yield* Effect.promise(() => client.callTool({ name: "fail" }))).toMatchObject({ isError: true })
    }).pipe(provided)
  )

  it.scopedLive("has handlers of their own for each client", () =>
    Effect.gen(function* () {
      const url = yield* http()
      const [one, other] = [(yield* connect(url)).client, (yield* connect(url)).client]
      for (const expected of ["1", "2", "3"]) {
        const answer = yield* Effect.promise(() => one.callTool({ name: "count" }))
        expect(answer).toMatchObject({ content: [{ text: expected }] })
      }
      expect(yield* Effect.promise(() => other.callTool({ name: "count" }))).toMatchObject({ content: [{ text: "1" }] })
    }).pipe(provided)
  )

  it.scopedLive("interrupts a call that its client cancels, and goes on", () =>
    Effect.gen(function* () {
      const { client } = yield* connect(yield* http())
      const aborting = new AbortController()
      const calling = client.callTool({ name: "hang" }, undefined, { signal: aborting.signal })
      yield* seen("hanging")
      aborting.abort()
      yield* Effect.flip(Effect.tryPromise(() => calling))
      yield* seen("interrupted")
      yield* Effect.promise(() => client.ping())
    }).pipe(provided)
  )

  it.scopedLive("interrupts a call whose client closes the connection", () =>
    Effect.gen(function* () {
      const url = yield* http()
      const id = yield* begun(url)
      const aborting = new AbortController()
      const headers = { ...authorized, accept: "text/event-stream", "mcp-session-id": id }
      const response = yield* Effect.promise(() =>
        fetch(url, { method: "POST", headers, body: JSON.stringify(call("hang")), signal: aborting.signal })
      )
      // The stream has begun, long before there is an answer.
      expect(response.headers.get("content-type")).toBe("text/event-stream")
      yield* seen("hanging")
      aborting.abort()
      yield* seen("interrupted")
    }).pipe(provided)
  )

  it.scopedLive("ends the session that a client ends, with its calls, and releases the handlers", () =>
    Effect.gen(function* () {
      const url = yield* http()
      const { client, transport } = yield* connect(url)
      const id = transport.sessionId ?? ""
      const calling = client.callTool({ name: "hang" }).catch(String)
      yield* seen("hanging")
      yield* Effect.promise(() => transport.terminateSession())
      yield* Effect.promise(() => client.close())
      yield* Effect.promise(() => calling)
      yield* seen("released")
      expect(yield* noted).toEqual(["built", "hanging", "interrupted", "released"])
      const response = yield* post(url, call("count"), { ...authorized, "mcp-session-id": id })
      expect(response.status).toBe(404)
      expect(yield* Effect.promise(() => response.text())).toContain("this session has ended")
    }).pipe(provided)
  )

  it.scoped("ends a session that is idle, but not one that works", () =>
    Effect.gen(function* () {
      const app = yield* SandboxToolkit.mcpHttpApp({ toolkit, handlers, token: Redacted.make(token) })
      const [working, idle] = [yield* sessionOf(app), yield* sessionOf(app)]
      const headers = (id: string) => ({ accept: "text/event-stream", "mcp-session-id": id })

      const calling = yield* Effect.fork(
        Effect.flatMap(send(app, call("hang"), headers(working)), ({ body }) =>
          body._tag === "Stream" ? Stream.runDrain(body.stream) : Effect.void
        ).pipe(Effect.scoped)
      )
      yield* seen("hanging")
      yield* TestClock.adjust("16 minutes")
      yield* seen("released")
      expect((yield* Effect.scoped(send(app, call("count"), headers(idle)))).status).toBe(404)
      expect(yield* noted).toEqual(["built", "built", "hanging", "released"])

      yield* Fiber.interrupt(calling)
      yield* seen("interrupted")
      yield* TestClock.adjust("14 minutes")
      expect((yield* Effect.scoped(send(app, call("count")))).status).toBe(400)
      expect((yield* Effect.scoped(send(app, ping, headers(working)))).status).toBe(200)
      yield* TestClock.adjust("14 minutes")
      expect((yield* Effect.scoped(send(app, ping, headers(working)))).status).toBe(200)
      yield* TestClock.adjust("16 minutes")
      yield* seen("released", 2)
    }).pipe(provided)
  )

  it.scopedLive("ends all sessions with its layer", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const url = yield* Scope.extend(http(), scope)
      yield* begun(url)
      yield* begun(url)
      yield* Scope.close(scope, Exit.void)
      expect(yield* noted).toEqual(["built", "built", "released", "released"])
    }).pipe(provided)
  )

  it.scopedLive("sends clients away when there are too many", () =>
    Effect.gen(function* () {
      const url = yield* http({ maxSessions: 1 })
      yield* begun(url)
      const response = yield* post(url, initialize)
      expect([response.status, response.headers.get("retry-after")]).toEqual([503, "60"])
      expect(yield* noted).toEqual(["built"])
    }).pipe(provided)
  )

  it.scopedLive.each([
    ["no token", { authorization: "" }, 401],
    ["another token", { authorization: "Bearer another" }, 401],
    ["another scheme", { authorization: `Basic ${token}` }, 401],
    ["a page of another site", { origin: "https://evil.example" }, 403],
    ["a page without an origin", { origin: "null" }, 403]
  ] as const)("refuses a request with %s, and prepares nothing", ([, headers, status]) =>
    Effect.gen(function* () {
      const url = yield* http()
      expect((yield* post(url, initialize, { ...authorized, ...headers })).status).toBe(status)
      expect(yield* noted).toEqual([])
    }).pipe(provided)
  )

  it.scopedLive("refuses host names that are not its own, which a web page may have given to it", () =>
    Effect.gen(function* () {
      const url = yield* http({ allowedHosts: ["mcp.example"] })
      const response = yield* post(url, initialize)
      expect(response.status).toBe(403)
      expect(yield* Effect.promise(() => response.text())).toContain("allowedHosts")
    }).pipe(provided)
  )

  it.scopedLive.each([
    ["GET", "", 405],
    ["POST", "{", 400],
    ["POST", "[]", 400],
    ["POST", JSON.stringify(call("count")), 400],
    ["DELETE", "", 404],
    ["POST", "x".repeat(2000), 413]
  ] as const)("answers a bad request with an error: %#", ([method, body, status]) =>
    Effect.gen(function* () {
      const url = yield* http({ maxBodySize: 1000 })
      const response = yield* Effect.promise(() =>
        fetch(url, { method, headers: authorized, ...(body === "" ? {} : { body }) })
      )
      expect(response.status).toBe(status)
      expect(yield* Effect.promise(() => response.json())).toMatchObject({ jsonrpc: "2.0", error: {} })
    }).pipe(provided)
  )

  it.scopedLive("refuses another version of the protocol than the one that was agreed upon", () =>
    Effect.gen(function* () {
      const url = yield* http()
      const headers = { ...authorized, "mcp-session-id": yield* begun(url) }
      const list = { jsonrpc: "2.0", id: 1, method: "tools/list" }
      expect((yield* post(url, list, { ...headers, "mcp-protocol-version": "1999-01-01" })).status).toBe(400)
      expect((yield* post(url, list, { ...headers, "mcp-protocol-version": "2025-06-18" })).status).toBe(200)
    }).pipe(provided)
  )

  it.scoped("reads no more of a body than it may have, also of one without a length or an end", () =>
    Effect.gen(function* () {
      const app = yield* SandboxToolkit.mcpHttpApp({
        toolkit,
        handlers,
        token: Redacted.make(token),
        maxBodySize: 1000
      })
      const body = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(100)) })
      const init = { method: "POST", headers: { host: "localhost", ...authorized }, body, duplex: "half" }
      const asked = HttpServerRequest.fromWeb(new Request("http://localhost/mcp", init))
      const answer = yield* Effect.provideService(app, HttpServerRequest.HttpServerRequest, asked)
      expect(answer.status).toBe(413)
    }).pipe(provided)
  )

  it.scoped("keeps no place for a session whose tools cannot be prepared, whatever they die of", () =>
    Effect.gen(function* () {
      let tries = 0
      const broken = Layer.unwrapEffect(
        Effect.suspend(() => (++tries === 1 ? Effect.dieMessage("secret details") : Effect.succeed(handlers)))
      )
      const options = { toolkit, handlers: broken, token: Redacted.make(token), maxSessions: 1 }
      const app = yield* SandboxToolkit.mcpHttpApp(options)
      const first = yield* Effect.scoped(send(app, initialize))
      expect(first.status).toBe(503)
      expect(JSON.stringify(first)).not.toContain("secret")
      expect((yield* Effect.scoped(send(app, initialize))).status).toBe(200)
    }).pipe(provided)
  )

  it.scoped("takes host names in any case, and refuses what can be none", () =>
    Effect.gen(function* () {
      const withHosts = (allowedHosts: ReadonlyArray<string>) =>
        SandboxToolkit.mcpHttpApp({ toolkit, handlers, token: Redacted.make(token), allowedHosts })
      const app = yield* withHosts(["LocalHost", "[::1]"])
      expect((yield* Effect.scoped(send(app, initialize))).status).toBe(200)
      for (const host of ["localhost:8080", "https://localhost", "you@localhost", "", "::1"]) {
        expect(yield* Effect.flip(Effect.asVoid(withHosts(["a.example", host]))), host).toMatchObject({
          _tag: "InvalidRequest",
          field: expect.stringContaining("allowedHosts")
        })
      }
    }).pipe(provided)
  )

  it.scoped("does not start without a token", () =>
    Effect.gen(function* () {
      const build = Layer.build(SandboxToolkit.layerMcpHttp({ toolkit, handlers, token: Redacted.make("") }))
      expect(yield* Effect.flip(build)).toMatchObject({ _tag: "InvalidRequest", field: "token" })
    }).pipe(Effect.provide(NodeHttpServer.layerTest), provided)
  )
})
