/** A server over stdio whose only tool logs in all the ways of Effect, for `process.test.ts`. */
import * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import { NodeRuntime, NodeSink, NodeStream } from "@effect/platform-node"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { SandboxToolkit } from "../../../src/ai/index.js"

const toolkit = Toolkit.make(Tool.make("log", { success: Schema.String }))

const handlers = Layer.merge(
  Layer.effectDiscard(Effect.log("handlers are built")),
  toolkit.toLayer({ log: () => Effect.as(Effect.logWarning("a call is answered"), "logged") })
)

NodeRuntime.runMain(SandboxToolkit.mcpStdio({ toolkit, handlers, stdin: NodeStream.stdin, stdout: NodeSink.stdout }))
