/** Takes runs over HTTP, and shows how far they are. Any number of these can run beside each other. See README.md. */
import { createServer } from "node:http"
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpApiError from "@effect/platform/HttpApiError"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServer from "@effect/platform/HttpServer"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { NodeTransport } from "effect-sandboxes/node"
import { type Jobs, type Sessions, Stromboli } from "effect-sandboxes/stromboli"
import { AgentRunProgress, AgentRuns, RunOutcome } from "effect-sandboxes/workflow"
import { Api } from "./api.js"
import { ClientLive } from "./cluster.js"

/** What is wrong with the database is for the log, and not for clients. */
const unavailable = (error: { readonly message: string }) =>
  Effect.zipRight(Effect.logError(error.message), Effect.fail(new HttpApiError.ServiceUnavailable()))

const ours = { EngineFailed: unavailable, RunVersionMismatch: unavailable } as const

const event = (name: string, data: unknown) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`

const isOver = ({ state }: AgentRunProgress) => state === "completed" || state === "failed"

const isSame = Schema.equivalence(AgentRunProgress)

const RunsLive = HttpApiBuilder.group(Api, "runs", (handlers) =>
  Effect.gen(function* () {
    const runs = yield* AgentRuns
    // Answers that are too large for the database are read from the server.
    const context = yield* Effect.context<Jobs | Sessions>()

    const ended = (key: string) =>
      runs.result(key).pipe(
        Effect.flatMap((outcome) =>
          Effect.map(RunOutcome.text(outcome), (text) => event("answer", { text, costUsd: outcome.totalCostUsd }))
        ),
        Effect.catchAll(({ _tag, message }) => Effect.succeed(event("failure", { _tag, message })))
      )

    /** Everybody who watches asks the database once a second. */
    const watched = (key: string) =>
      Stream.repeatEffectWithSchedule(runs.progress(key), Schedule.spaced("1 second")).pipe(
        Stream.changesWith(isSame),
        Stream.takeUntil(isOver),
        Stream.map((progress) => event("progress", progress)),
        Stream.concat(Stream.fromEffect(ended(key))),
        Stream.encodeText,
        Stream.provideContext(context)
      )

    return handlers
      .handle("submit", ({ path: { key }, payload: { maxBudgetUsd, prompt } }) =>
        runs
          .submit({ key, prompt, claude: { maxBudgetUsd }, deadline: "6 hours" })
          .pipe(Effect.zipRight(runs.progress(key)), Effect.catchTags(ours))
      )
      .handle("progress", ({ path: { key } }) => Effect.catchTags(runs.progress(key), ours))
      .handle("watch", ({ path: { key } }) =>
        runs
          .progress(key)
          .pipe(
            Effect.as(HttpServerResponse.stream(watched(key), { contentType: "text/event-stream" })),
            Effect.catchTags(ours)
          )
      )
      .handle("cancel", ({ path: { key } }) => Effect.catchTags(runs.cancel(key), ours))
  })
)

/** On loopback only: whoever reaches it can spend money. Put what knows your users in front of it. */
const ServerLive = Layer.unwrapEffect(
  Effect.map(Config.withDefault(Config.port("SERVICE_PORT"), 8080), (port) =>
    NodeHttpServer.layer(createServer, { host: "127.0.0.1", port })
  )
)

const Listening = Layer.effectDiscard(
  HttpServer.addressFormattedWith((address) => Console.log(`The service listens on ${address}`))
)

HttpApiBuilder.serve().pipe(
  Layer.merge(Listening),
  // Keys may be long, and the router finds no path with a part of more than 100 characters by default.
  Layer.provide(HttpRouter.setRouterConfig({ maxParamLength: 4096 })),
  Layer.provide(HttpApiBuilder.api(Api)),
  Layer.provide(RunsLive),
  Layer.provide(AgentRuns.layer),
  Layer.provide(ClientLive),
  Layer.provide(Stromboli.layerConfig()),
  Layer.provide(NodeTransport.layer),
  Layer.provide(ServerLive),
  Layer.launch,
  NodeRuntime.runMain
)
