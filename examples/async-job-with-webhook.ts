/**
 * A long run in the background. The server reports its completion to a webhook, whose signature is verified. If the
 * server cannot reach the webhook, waiting for the job returns the same result.
 *
 *     STROMBOLI_URL=http://localhost:8585 STROMBOLI_WEBHOOK_SECRET=… npx tsx examples/async-job-with-webhook.ts
 */
import { createServer } from "node:http"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServer from "@effect/platform/HttpServer"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { NodeTransport } from "effect-sandboxes/node"
import { Execution, Jobs, Stromboli, type WebhookPayload, Webhooks } from "effect-sandboxes/stromboli"

const program = Effect.gen(function* () {
  const reported = yield* Deferred.make<WebhookPayload>()
  const webhooks = yield* Webhooks

  yield* HttpRouter.empty.pipe(
    HttpRouter.post(
      "/webhook",
      Effect.gen(function* () {
        const request = yield* HttpServerRequest.HttpServerRequest
        const payload = yield* webhooks.verify({ headers: request.headers, body: yield* request.text })
        // The server may send the webhook twice. The second one changes nothing.
        yield* Deferred.succeed(reported, payload)
        return HttpServerResponse.empty()
      }).pipe(Effect.catchTag("InvalidWebhook", () => HttpServerResponse.empty({ status: 401 })))
    ),
    HttpServer.serveEffect()
  )
  const { address } = yield* HttpServer.HttpServer
  const port = address._tag === "TcpAddress" ? address.port : 0

  const job = yield* (yield* Execution).runAsync({
    prompt: "Count to 3",
    podman: { timeout: "30 minutes", memory: "4g" },
    webhookUrl: `http://127.0.0.1:${port}/webhook`
  })
  yield* Console.log(`Job started: ${job.jobId}`)

  const completed = yield* Deferred.await(reported)
  yield* Console.log(`Webhook: ${completed.jobId} ${completed.status}`)

  const { status, output } = yield* (yield* Jobs).await(job)
  yield* Console.log(`Job: ${status}\n${output ?? ""}`)
}).pipe(Effect.scoped)

const webhooks = Layer.unwrapEffect(
  Effect.map(Config.redacted("STROMBOLI_WEBHOOK_SECRET"), (secret) => Webhooks.layer({ secret }))
)

program.pipe(
  Effect.provide([
    Stromboli.layerConfig(),
    webhooks,
    NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })
  ]),
  Effect.provide(NodeTransport.layer),
  NodeRuntime.runMain
)
