/** Where the fragments of the documentation run: both systems in memory, one sandbox, and a model. */
import * as LanguageModel from "@effect/ai/LanguageModel"
import * as HttpClient from "@effect/platform/HttpClient"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Daytona, Files, Sandbox, SandboxName } from "effect-sandboxes/daytona"
import { EmbeddedDaytona, localRuntime, simulatedDesktop } from "effect-sandboxes/embedded/daytona"
import { Claude, EmbeddedStromboli } from "effect-sandboxes/embedded/stromboli"
import { Stromboli, Webhooks } from "effect-sandboxes/stromboli"
import * as gitServer from "../embedded/daytona/toolbox/git/server.js"
import { languageServers } from "../embedded/daytona/toolbox/lsp/support.js"

export const webhookSecret = "a-webhook-secret"
export const token = "an-api-token"
export const apiKey = "dtn_key"

export const stromboliOptions = {
  auth: { tokens: [token], jwtSecret: "a-jwt-secret-of-at-least-32-characters" },
  webhookSecret,
  allowedVolumes: ["/code"]
}

export const daytonaOptions = {
  auth: { apiKeys: [apiKey] },
  durations: 0,
  runtime: localRuntime({ desktop: simulatedDesktop() })
}

/** It answers at once. */
export const claude = Claude.layerDemo({ lineDelay: 0 })

const stromboli = Layer.merge(
  Stromboli.layer({ baseUrl: "http://localhost:8585", token: Redacted.make(token) }),
  Webhooks.layer({ secret: Redacted.make(webhookSecret) })
).pipe(Layer.provideMerge(EmbeddedStromboli.layerHttpClient(stromboliOptions)), Layer.provide(claude))

/** With language servers on its `PATH`, and with git repositories, which are elsewhere than their addresses say. */
const sandbox = (repositories: string) =>
  Layer.unwrapScoped(Effect.map(languageServers, (env) => Sandbox.layer({ name: SandboxName.make("dev"), env }))).pipe(
    Layer.tap((context) =>
      Context.get(context, Files).writeText(
        ".gitconfig",
        `[url "${repositories}/"]\n\tinsteadOf = https://github.com/you/\n[init]\n\tdefaultBranch = main\n`
      )
    )
  )

const daytona = (directory: string) =>
  Layer.unwrapScoped(
    Effect.map(gitServer.serve({ directory, credentials: "you:a-token" }), ({ url }) => sandbox(url))
  ).pipe(
    Layer.provideMerge(Daytona.layer({ apiKey: Redacted.make(apiKey) })),
    Layer.provideMerge(EmbeddedDaytona.layerHttpClient(daytonaOptions))
  )

/** It has done everything already. */
const model = Layer.effect(
  LanguageModel.LanguageModel,
  LanguageModel.make({
    generateText: () => Effect.succeed([{ type: "text", text: "Done." }]),
    streamText: () => Stream.empty
  })
)

/**
 * Everything that a fragment may need. Its transport finds either server by the address; bare git repositories are in
 * the directory.
 */
export const world = (directory: string) =>
  Layer.scopedContext(
    Effect.gen(function* () {
      const first = yield* Layer.build(stromboli)
      const second = yield* Layer.build(Layer.mergeAll(daytona(directory), model, NodeContext.layer))
      const toStromboli = Context.get(first, HttpClient.HttpClient)
      const toDaytona = Context.get(second, HttpClient.HttpClient)
      const transport = HttpClient.make((request) =>
        (request.url.startsWith("http://localhost:8585") ? toStromboli : toDaytona).execute(request)
      )
      return Context.merge(first, second).pipe(Context.add(HttpClient.HttpClient, transport))
    })
  )

type World = Layer.Layer.Success<ReturnType<typeof world>> | Scope.Scope

/** A fragment, as a program. */
export type Fragment = Effect.Effect<unknown, unknown, World>
