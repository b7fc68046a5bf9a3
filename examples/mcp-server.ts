/**
 * An MCP server: any agent that speaks the Model Context Protocol gets a sandbox, which its first call creates.
 *
 *     claude mcp add sandbox -e DAYTONA_API_KEY=… -- npx tsx examples/mcp-server.ts
 */
import * as Toolkit from "@effect/ai/Toolkit"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeSink from "@effect/platform-node/NodeSink"
import * as NodeStream from "@effect/platform-node/NodeStream"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { SandboxToolkit } from "effect-sandboxes/ai"
import { Daytona, Sandbox } from "effect-sandboxes/daytona"
import { NodeTransport } from "effect-sandboxes/node"

const server = SandboxToolkit.mcpStdio({
  toolkit: Toolkit.merge(SandboxToolkit.commands, SandboxToolkit.files, SandboxToolkit.git),
  handlers: Layer.provide(SandboxToolkit.layer(), Sandbox.layerLazy({ labels: { made: "by mcp-server" } })),
  stdin: NodeStream.stdin,
  stdout: NodeSink.stdout
})

server.pipe(Effect.provide(Daytona.layerConfig()), Effect.provide(NodeTransport.layer), NodeRuntime.runMain)
