/** The CLI as a client of our MCP servers: a tool of a sandbox, called by the model. */
import { createServer } from "node:http"
import { fileURLToPath } from "node:url"
import * as Toolkit from "@effect/ai/Toolkit"
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { SandboxToolkit } from "effect-sandboxes/ai"
import { Daytona, Sandbox } from "effect-sandboxes/daytona"
import { EmbeddedDaytona } from "effect-sandboxes/embedded/daytona"
import { Execution } from "effect-sandboxes/stromboli"
import { expect, expectEqual } from "../expect.js"
import { Model } from "../model/Model.js"
import { says, uses } from "../model/Reply.js"
import type { Area } from "./Area.js"

const prompt = "Ask the sandbox for its name."
const tool = "mcp__sandbox__run_command"

/** Has the model call the tool by this MCP server, and looks into what the CLI made of the answer. */
const callThrough = (server: object) =>
  Effect.gen(function* () {
    const model = yield* Model
    let offered: ReadonlyArray<string> = []
    yield* model.follow({
      [prompt]: ({ toolResults, tools }) =>
        Effect.sync(() => {
          offered = tools.map(({ name }) => name)
          return toolResults === 0 ? uses(tool, { command: "echo I am $((40 + 2))" }) : says("Done.")
        })
    })
    const execution = yield* Execution
    const { output } = yield* execution.run({
      prompt,
      claude: {
        mcpConfigs: [JSON.stringify({ mcpServers: { sandbox: server } })],
        strictMcpConfig: true,
        allowedTools: [tool],
        // Otherwise the model has to search for tools before it sees them.
        settings: JSON.stringify({ env: { ENABLE_TOOL_SEARCH: "false" } }),
        outputFormat: "stream-json",
        verbose: true
      }
    })
    yield* expect(offered.includes(tool), `the CLI does not offer the tool, but ${offered.join(", ")}`)
    yield* expect(/I am 42/.test(output), `the answer of the tool is missing in: ${output.slice(-1500)}`)
  })

const root = fileURLToPath(new URL("../../..", import.meta.url))

export const mcpOverStdio: Area = {
  name: "mcp server, stdio",
  prints: ["user", "result/success"],
  drive: Effect.gen(function* () {
    const { requests, url } = yield* EmbeddedDaytona
    yield* callThrough({
      command: process.execPath,
      args: ["--import", import.meta.resolve("tsx"), `${root}examples/mcp-server.ts`],
      env: {
        TSX_TSCONFIG_PATH: `${root}tsconfig.json`,
        DAYTONA_API_URL: `${Option.getOrThrow(url)}/api`,
        DAYTONA_API_KEY: "a-key-for-the-example"
      }
    })
    const deleted = (yield* requests).filter(
      ({ method, path }) => method === "DELETE" && /\/sandbox\/[^/]+$/.test(path)
    )
    yield* expectEqual("how many sandboxes were deleted", deleted.length, 1)
  }).pipe(Effect.provide(Layer.orDie(EmbeddedDaytona.layerServer())))
}

const token = "a-token-of-the-trial"

const httpServer = SandboxToolkit.layerMcpHttp({
  toolkit: Toolkit.merge(SandboxToolkit.commands, SandboxToolkit.files),
  handlers: Layer.provide(SandboxToolkit.layer(), Sandbox.layerLazy()),
  token: Redacted.make(token)
}).pipe(
  Layer.provide(Daytona.layer({ apiUrl: "http://daytona.test/api", apiKey: Redacted.make("any") })),
  Layer.provide(EmbeddedDaytona.layerHttpClient()),
  Layer.provideMerge(NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 }))
)

export const mcpOverHttp: Area = {
  name: "mcp server, http",
  prints: ["user", "result/success"],
  drive: Effect.gen(function* () {
    const { address } = Context.get(yield* Layer.build(Layer.orDie(httpServer)), HttpServer.HttpServer)
    const url = `http://127.0.0.1:${address._tag === "TcpAddress" ? address.port : 0}/mcp`
    yield* callThrough({ type: "http", url, headers: { Authorization: `Bearer ${token}` } })
  })
}
