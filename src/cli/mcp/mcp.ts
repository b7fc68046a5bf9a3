/** `mcp`. */
import { createServer } from "node:http"
import * as Toolkit from "@effect/ai/Toolkit"
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeSink from "@effect/platform-node/NodeSink"
import * as NodeStream from "@effect/platform-node/NodeStream"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { SandboxToolkit } from "../../ai/index.js"
import { Sandbox, SandboxName } from "../../daytona.js"
import { originOf } from "../daytona/connect.js"
import type { OriginValues } from "../daytona/newSandbox.js"
import { Ending, untilSignal } from "../frame/Ending.js"
import { UsageError } from "../frame/failures.js"
import { Output } from "../frame/Output.js"
import { readSecret } from "../frame/secretFile.js"

/** What the options are read as. */
export interface Values extends OriginValues {
  readonly sandbox: Option.Option<string>
  readonly tools: string
  readonly http: boolean
  readonly port: Option.Option<number>
  readonly mcpTokenFile: Option.Option<string>
}

const groups = {
  commands: SandboxToolkit.commands,
  files: SandboxToolkit.files,
  python: SandboxToolkit.python,
  servers: SandboxToolkit.servers,
  git: SandboxToolkit.git,
  desktop: SandboxToolkit.desktop
} as const

const isGroup = (name: string): name is keyof typeof groups => Object.hasOwn(groups, name)

const toolkitOf = (tools: string) =>
  Effect.forEach(tools.split(","), (name) =>
    isGroup(name)
      ? Effect.succeed(groups[name])
      : Effect.fail(
          new UsageError({
            message: `--tools: expected some of ${Object.keys(groups).join(", ")}, got ${JSON.stringify(name)}`
          })
        )
  ).pipe(Effect.map((chosen) => Toolkit.merge(...chosen)))

const sandboxOf = (values: Values) =>
  Effect.gen(function* () {
    const origin = yield* originOf(values)
    if (Option.isNone(values.sandbox)) return Sandbox.layerLazy(origin)
    if (Option.isSome(values.image) || Option.isSome(values.snapshot)) {
      return yield* new UsageError({ message: "--image and --snapshot are for a new sandbox: leave out --sandbox" })
    }
    return Sandbox.connect(SandboxName.make(values.sandbox.value))
  })

const tokenOf = ({ mcpTokenFile }: Values) =>
  Option.match(mcpTokenFile, {
    onSome: (path) => readSecret("--mcp-token-file", path),
    onNone: () =>
      Effect.mapError(
        Config.redacted("EFFECT_SANDBOXES_MCP_TOKEN"),
        () => new UsageError({ message: "--http needs a token: set EFFECT_SANDBOXES_MCP_TOKEN, or --mcp-token-file" })
      )
  })

export const run = (values: Values) =>
  Effect.gen(function* () {
    const toolkit = yield* toolkitOf(values.tools)
    const handlers = Layer.provide(SandboxToolkit.layer(), yield* sandboxOf(values))
    if (values.http) {
      const token = yield* tokenOf(values)
      const port = Option.getOrElse(values.port, () => 8080)
      const listener = NodeHttpServer.layer(createServer, { host: "127.0.0.1", port })
      const served = Layer.provideMerge(SandboxToolkit.layerMcpHttp({ toolkit, handlers, token }), listener)
      return yield* Effect.gen(function* () {
        const { address } = yield* HttpServer.HttpServer
        const { json, print, printJson } = yield* Output
        const url = address._tag === "TcpAddress" ? `http://127.0.0.1:${address.port}/mcp` : address.path
        yield* json ? printJson({ url }) : print(`listening ${url}\n`)
        return yield* untilSignal
      }).pipe(
        Effect.provide(served),
        Effect.catchTag("ServeError", () =>
          Effect.fail(new UsageError({ message: `--port: 127.0.0.1:${port} cannot be listened on; try --port 0` }))
        )
      )
    }
    if (Option.isSome(values.port) || Option.isSome(values.mcpTokenFile)) {
      return yield* new UsageError({ message: "--port and --mcp-token-file are for --http" })
    }
    yield* Effect.flatMap(Ending, ({ bySignal }) => bySignal)
    yield* SandboxToolkit.mcpStdio({ toolkit, handlers, stdin: NodeStream.stdin, stdout: NodeSink.stdout })
  })
