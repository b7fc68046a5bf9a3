/** A server over stdio whose only tool logs in all the ways of Effect, for `process.test.ts`. */
import * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import { NodeRuntime, NodeSink, NodeStream } from "@effect/platform-node"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Schema from "effect/Schema"
import { SandboxToolkit } from "../../../src/ai/index.js"

const toolkit = Toolkit.make(Tool.make("log", { success: Schema.String }))

const handlers = Layer.merge(
  Layer.effectDiscard(Effect.log("handlers are built")),
  toolkit.toLayer({
    log: () => Effect.as(Effect.zipRight(Effect.logWarning("a call is answered"), Console.log("printed")), "logged")
  })
)

const server = SandboxToolkit.mcpStdio({ toolkit, handlers, stdin: NodeStream.stdin, stdout: NodeSink.stdout })

/** By the argument: as programs of Node log by default, or with a logger that the program has chosen. */
NodeRuntime.runMain(process.argv[2] === "json" ? Effect.provide(server, Logger.json) : server, {
  disablePrettyLogger: process.argv[2] === "json"
})
