/**
 * An HTTP service as users write it. Its handlers hold sandboxes and agents for as long as their request is open, and
 * print a line when they do.
 *
 * Arguments: the addresses of Daytona and Stromboli, `shutdownTimeout`, and what ends open requests: `cut` (the
 * service, when it ends), `answer` (nothing, they are answered) or `nothing` (plain `Effect.runPromise`).
 */
import { createServer } from "node:http"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServer from "@effect/platform/HttpServer"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { Daytona, Sandboxes } from "../../src/daytona.js"
import * as NodeTransport from "../../src/node/NodeTransport.js"
import { Agents, Stromboli } from "../../src/stromboli.js"

const [daytonaUrl = "", stromboliUrl = "", shutdownTimeout = "", ending = ""] = process.argv.slice(2)

const say = (line: string) => Effect.sync(() => process.stdout.write(`${line}\n`))

/** What a handler does with its sandbox takes longer than anybody waits. */
const work = Effect.gen(function* () {
  const { process: shell } = yield* Effect.flatMap(Sandboxes, (sandboxes) => sandboxes.scoped())
  yield* Effect.flatMap(Agents, (agents) => agents.scoped())
  yield* say("holding")
  // Saves its work before the sandbox is deleted, since finalizers run in reverse order.
  yield* Effect.addFinalizer(() => Effect.flatMap(Effect.ignore(shell.execute("echo saved")), () => say("saved")))
  yield* shell.execute("sleep 1000")
  return HttpServerResponse.text("done")
}).pipe(Effect.scoped)

const create = Effect.gen(function* () {
  yield* say("creating")
  yield* Effect.all(
    [Effect.flatMap(Sandboxes, (sandboxes) => sandboxes.scoped()), Effect.flatMap(Agents, (agents) => agents.scoped())],
    {
      concurrency: 2
    }
  )
  return HttpServerResponse.text("done")
}).pipe(Effect.scoped)

const server = createServer()

/** Node's server waits for its open requests when it closes; this ends them, which interrupts their handlers. */
const cutRequests = Layer.scopedDiscard(Effect.addFinalizer(() => Effect.sync(() => server.closeAllConnections())))

const routes = HttpRouter.empty.pipe(HttpRouter.get("/work", work), HttpRouter.get("/create", create))

const announced = Layer.scopedDiscard(HttpServer.addressWith((address) => say(HttpServer.formatAddress(address))))

const clients = Layer.mergeAll(
  Daytona.layer({
    apiKey: Redacted.make("dtn_key"),
    apiUrl: `${daytonaUrl}/api`,
    shutdownTimeout: Number(shutdownTimeout)
  }),
  Stromboli.layer({ baseUrl: stromboliUrl, shutdownTimeout: Number(shutdownTimeout) })
).pipe(Layer.provide(NodeTransport.layer))

const service = Layer.mergeAll(HttpServer.serve(routes), announced, ending === "cut" ? cutRequests : Layer.empty).pipe(
  Layer.provide(clients),
  Layer.provide(NodeHttpServer.layer(() => server, { port: 0, host: "127.0.0.1" }))
)

if (ending === "nothing") void Effect.runPromise(Layer.launch(service))
else NodeRuntime.runMain(Layer.launch(service))
