/**
 * A Messages API of our own on the loopback interface, which answers by a script. It is the proxy of the CLI as well,
 * and refuses every other address.
 */
import { createServer } from "node:http"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServer from "@effect/platform/HttpServer"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { type Reply, refuses, says, toEvents, toJson } from "./Reply.js"
import { lastTextOf, Request, type Turn, turnOf } from "./Turn.js"

/** What the model answers, by how the prompt begins. */
export type Script = Readonly<Record<string, (turn: Turn) => Effect.Effect<Reply>>>

/** The scripted model. */
export class Model extends Context.Tag("interop/claude/Model")<Model, ModelService>() {
  static readonly layer: Layer.Layer<Model> = Layer.scoped(
    Model,
    Effect.suspend(() => make)
  )
}

export interface ModelService {
  readonly url: string
  /** Answers by this script from now on. */
  readonly follow: (script: Script) => Effect.Effect<void>
  /** What the model was asked without an answer in the script: the CLI also asks for itself, such as for titles. */
  readonly unscripted: Effect.Effect<ReadonlyArray<string>>
  /** The other addresses that the CLI tried to reach. It could not. */
  readonly otherAddresses: Effect.Effect<ReadonlyArray<string>>
}

const make = Effect.gen(function* () {
  let script: Script = {}
  let unscripted = new Set<string>()
  let messages = 0
  const otherAddresses = new Set<string>()

  const replyTo = (request: Request): Effect.Effect<Reply> => {
    const turn = turnOf(request, Object.keys(script))
    const answer = turn && script[turn.prompt]
    if (turn !== undefined && answer !== undefined) return answer(turn)
    unscripted.add(lastTextOf(request).slice(0, 200))
    return Effect.succeed(says("The script has no answer to this."))
  }

  const post = Effect.gen(function* () {
    const request = yield* HttpServerRequest.schemaBodyJson(Request)
    const reply = yield* replyTo(request)
    if (reply._tag === "Refusal") return errorResponse(reply)
    const id = `msg_${++messages}`
    return request.stream === true
      ? HttpServerResponse.stream(Stream.encodeText(toEvents(reply, id, request.model)), {
          contentType: "text/event-stream"
        })
      : HttpServerResponse.unsafeJson(toJson(reply, id, request.model))
  }).pipe(
    Effect.catchAll((error) => Effect.succeed(errorResponse(refuses(400, "invalid_request_error", error.message))))
  )

  const node = createServer().on("connect", (request, socket) => {
    otherAddresses.add(request.url ?? "")
    socket.end("HTTP/1.1 403 Forbidden\r\n\r\n")
  })
  const server = yield* NodeHttpServer.make(() => node, { host: "127.0.0.1", port: 0 })
  const url = HttpServer.formatAddress(server.address)
  const unknown = Effect.map(HttpServerRequest.HttpServerRequest, (request) => {
    if (/^https?:/.test(request.url)) otherAddresses.add(request.url)
    return errorResponse(refuses(404, "not_found_error", `${request.method} ${request.url}`))
  })
  const app = HttpRouter.empty.pipe(
    HttpRouter.post("/v1/messages", post),
    HttpRouter.post("/v1/messages/count_tokens", HttpServerResponse.json({ input_tokens: 10 })),
    HttpRouter.all("*", unknown)
  )
  yield* server.serve(app)

  return Model.of({
    url,
    follow: (next) =>
      Effect.sync(() => {
        script = next
        unscripted = new Set()
      }),
    unscripted: Effect.sync(() => [...unscripted]),
    otherAddresses: Effect.sync(() => [...otherAddresses])
  })
}).pipe(Effect.orDie)

const errorResponse = ({ message, status, type }: Reply & { readonly _tag: "Refusal" }) =>
  HttpServerResponse.unsafeJson({ type: "error", error: { type, message } }, { status })
