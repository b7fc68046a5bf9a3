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
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import { SandboxToolkit } from "../../ai/index.js"
import { Sandbox, Sandboxes, Toolbox } from "../../daytona.js"
import { connect, freshOf, sayDeletion } from "../daytona/connect.js"
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

/** As the `Sandboxes` in the context, but it says when a sandbox of its own is deleted. */
const sayingDeletions = Layer.effect(
  Sandboxes,
  Effect.gen(function* () {
    const { note } = yield* Output
    const sandboxes = yield* Sandboxes
    return Sandboxes.of({
      ...sandboxes,
      scoped: (sandbox, options) =>
        Effect.tap(sandboxes.scoped(sandbox, options), (created) => sayDeletion(created, note))
    })
  })
)

/** The sandbox of a client. One that is named must be there before any client is. */
const sandboxOf = (values: Values) =>
  Effect.gen(function* () {
    if (Option.isNone(values.sandbox)) return Layer.provide(Sandbox.layerLazy(yield* freshOf(values)), sayingDeletions)
    if (Option.isSome(values.image) || Option.isSome(values.snapshot)) {
      return yield* new UsageError({ message: "--image and --snapshot are for a new sandbox: leave out --sandbox" })
    }
    const { toolbox } = yield* connect(values.sandbox.value)
    return Layer.provideMerge(Sandbox.servicesLayer, Layer.succeed(Toolbox, toolbox))
  })

const tokenOf = ({ mcpTokenFile }: Values) =>
  Option.match(mcpTokenFile, {
    onSome: (path) => readSecret("--mcp-token-file", path),
    onNone: () =>
      Config.redacted("EFFECT_SANDBOXES_MCP_TOKEN").pipe(
        Effect.filterOrFail(
          (token) => Redacted.value(token) !== "",
          () => "empty"
        ),
        Effect.mapError(
          () => new UsageError({ message: "--http needs a token: set EFFECT_SANDBOXES_MCP_TOKEN, or --mcp-token-file" })
        )
      )
  })

/** Why nothing listens on a port, and what to do. */
const notListening = (port: number, cause: unknown) => {
  const used = Predicate.hasProperty(cause, "code") && cause.code === "EADDRINUSE"
  const why = used ? "is in use" : `cannot be listened on (${String(cause)})`
  return new UsageError({
    message: `--port: 127.0.0.1:${port} ${why}. Give another one, or 0 for any that is free`
  })
}

const shownAddress = Effect.gen(function* () {
  const { address } = yield* HttpServer.HttpServer
  const { json, print, printJson } = yield* Output
  const url = address._tag === "TcpAddress" ? `http://127.0.0.1:${address.port}/mcp` : address.path
  yield* json ? printJson({ url }) : print(`listening ${url}\n`)
})

export const run = (values: Values) =>
  Effect.gen(function* () {
    const toolkit = yield* toolkitOf(values.tools)
    if (!values.http && (Option.isSome(values.port) || Option.isSome(values.mcpTokenFile))) {
      return yield* new UsageError({ message: "--port and --mcp-token-file are for --http" })
    }
    const token = values.http ? Option.some(yield* tokenOf(values)) : Option.none()
    const handlers = Layer.provide(SandboxToolkit.layer(), yield* sandboxOf(values))
    if (Option.isNone(token)) {
      yield* Effect.flatMap(Ending, ({ bySignal }) => bySignal)
      return yield* SandboxToolkit.mcpStdio({ toolkit, handlers, stdin: NodeStream.stdin, stdout: NodeSink.stdout })
    }
    const port = Option.getOrElse(values.port, () => 8080)
    const server = createServer()
    return yield* Effect.zipRight(shownAddress, untilSignal).pipe(
      Effect.provide(SandboxToolkit.layerMcpHttp({ toolkit, handlers, token: token.value })),
      // Clients whose calls were interrupted keep their connections, and the server would wait for them.
      Effect.ensuring(Effect.sync(() => server.closeAllConnections())),
      Effect.provide(NodeHttpServer.layer(() => server, { host: "127.0.0.1", port })),
      Effect.catchTag("ServeError", ({ cause }) => notListening(port, cause))
    )
  })
