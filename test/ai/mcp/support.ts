/** MCP servers of a small toolkit, and the official client. */
import { createServer } from "node:http"
import * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js"
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js"
import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import * as Runtime from "effect/Runtime"
import * as Schema from "effect/Schema"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import * as Take from "effect/Take"
import { Picture, SandboxToolkit, ToolFailed, ToolFailure } from "../../../src/ai/index.js"
import { until } from "../../support/until.js"

export const png = Uint8Array.of(137, 80, 78, 71)

/** What the handlers have done, over all clients. */
export class Log extends Context.Tag("test/Log")<Log, Ref.Ref<ReadonlyArray<string>>>() {
  static readonly layer = Layer.effect(Log, Ref.make<ReadonlyArray<string>>([]))
}

export const note = (what: string) =>
  Effect.flatMap(
    Log,
    Ref.update((all) => [...all, what])
  )
export const noted = Effect.flatMap(Log, Ref.get)

/** Waits until the handlers have noted something, so and so often. */
export const seen = (what: string, times = 1) =>
  Effect.flatMap(Effect.runtime<Log>(), (runtime) =>
    until(() => Runtime.runSync(runtime)(noted).filter((each) => each === what).length >= times)
  )

export const toolkit = Toolkit.make(
  Tool.make("echo", {
    description: "Says it again.",
    parameters: { text: Schema.String },
    success: Schema.Struct({ said: Schema.String }),
    failure: ToolFailure,
    failureMode: "return"
  })
    .annotate(Tool.Title, "Echo")
    .annotate(Tool.Readonly, true)
    .annotate(Tool.Destructive, false)
    .annotate(Tool.Idempotent, true)
    .annotate(Tool.OpenWorld, false),
  Tool.make("look", { success: Schema.Struct({ picture: Picture }) }),
  Tool.make("fail", { failure: ToolFailure, failureMode: "return" }),
  Tool.make("refuse", { failure: ToolFailure }),
  Tool.make("die"),
  Tool.make("nothing"),
  Tool.make("hang"),
  Tool.make("count", { success: Schema.Number })
)

const failed = new ToolFailed({ reason: "notFound", message: "There is no file a.txt." })

/** Handlers that count their calls, so that each set of them is told apart. */
export const handlers = Layer.scopedDiscard(
  Effect.acquireRelease(note("built"), () => note("released")).pipe(Effect.asVoid)
).pipe(
  Layer.provideMerge(
    toolkit.toLayer(
      Effect.gen(function* () {
        const log = yield* Log
        const count = yield* Ref.make(0)
        const write = (what: string) => Ref.update(log, (all) => [...all, what])
        return {
          echo: ({ text }) => Effect.succeed({ said: text }),
          look: () => Effect.succeed({ picture: { mediaType: "image/png" as const, bytes: png } }),
          fail: () => Effect.fail(failed),
          refuse: () => Effect.fail(failed),
          die: () => Effect.dieMessage("boom"),
          nothing: () => Effect.void,
          hang: () => Effect.onInterrupt(Effect.zipRight(write("hanging"), Effect.never), () => write("interrupted")),
          count: () => Ref.updateAndGet(count, (n) => n + 1)
        }
      })
    )
  )
)

export const newClient = () => new Client({ name: "test", version: "1.0.0" })

/** A server over stdio whose pipes are queues, and a transport of the official client at their other ends. */
export const stdio = Effect.gen(function* () {
  const stdin = yield* Queue.unbounded<Take.Take<Uint8Array>>()
  const stdout: Array<string> = []
  const encoder = new TextEncoder()
  const send = (text: string) => Queue.offer(stdin, Take.of(encoder.encode(text)))
  const runPromise = Runtime.runPromise(yield* Effect.runtime<never>())
  const transport: Transport = {
    start: () => Promise.resolve(),
    send: (message) => runPromise(Effect.asVoid(send(`${JSON.stringify(message)}\n`))),
    close: () => runPromise(Effect.asVoid(Queue.offer(stdin, Take.end)))
  }
  const written = (text: Uint8Array | string) =>
    Effect.sync(() => {
      const line = typeof text === "string" ? text : new TextDecoder().decode(text)
      stdout.push(line)
      const message: JSONRPCMessage = JSON.parse(line)
      transport.onmessage?.(message)
    })
  const server = SandboxToolkit.mcpStdio({
    toolkit,
    handlers,
    stdin: Stream.flattenTake(Stream.fromQueue(stdin)),
    stdout: Sink.forEach(written)
  })
  return { server, transport, stdout, send, end: Queue.offer(stdin, Take.end) }
})

export const token = "a-token-of-the-test"

type HttpOptions = Partial<
  Pick<SandboxToolkit.McpHttpOptions<{}, never, never>, "allowedHosts" | "idleTimeout" | "maxSessions" | "maxBodySize">
>

/** Such a server over HTTP on a free port; gives its address. */
export const http = (options: HttpOptions = {}) =>
  Effect.gen(function* () {
    const context = yield* Layer.build(
      SandboxToolkit.layerMcpHttp({ toolkit, handlers, token: Redacted.make(token), ...options }).pipe(
        Layer.provideMerge(NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 }))
      )
    )
    const { address } = Context.get(context, HttpServer.HttpServer)
    return new URL(`http://127.0.0.1:${address._tag === "TcpAddress" ? address.port : 0}/mcp`)
  })

/** The official client, connected over HTTP until the scope closes. */
export const connect = (url: URL) =>
  Effect.gen(function* () {
    const transport = new StreamableHTTPClientTransport(url, {
      requestInit: { headers: { authorization: `Bearer ${token}` } }
    })
    const client = newClient()
    yield* Effect.acquireRelease(
      Effect.promise(() => client.connect(transport)),
      () => Effect.promise(() => client.close())
    )
    return { client, transport }
  })
