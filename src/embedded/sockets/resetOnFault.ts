import type * as Http from "node:http"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { ConnectionFault } from "../ConnectionFault.js"

/** The app behind a connection of Node's: a {@link ConnectionFault}, of the app or of a body, resets it. */
export const resetOnFault = (app: HttpApp.Default<ConnectionFault, Scope.Scope>): HttpApp.Default<never, Scope.Scope> =>
  Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
    const drop = dropConnection(NodeHttpServerRequest.toServerResponse(request))
    return app.pipe(
      Effect.map((response) =>
        response.body._tag === "Stream"
          ? HttpServerResponse.setBody(
              response,
              HttpBody.stream(
                Stream.catchAllCause(response.body.stream, () => Stream.fromEffect(drop)),
                response.body.contentType,
                response.body.contentLength
              )
            )
          : response
      ),
      Effect.catchTag("ConnectionFault", () => drop),
      // The platform runs apps uninterruptibly and leaves it to them what a client that goes away may interrupt: everything.
      Effect.interruptible
    )
  })

/**
 * Sends what was written so far and then resets the connection. It never returns: the closed socket interrupts the handler.
 * The platform would end a failed body like a complete one, which is the one thing a fault must not look like.
 */
const dropConnection = (response: Http.ServerResponse): Effect.Effect<never> =>
  Effect.zipRight(
    Effect.async<void>((resume) => {
      if (!response.headersSent || response.socket === null) return resume(Effect.void)
      response.write(new Uint8Array(0), () => resume(Effect.void))
    }),
    Effect.zipRight(
      Effect.sync(() => response.socket?.resetAndDestroy()),
      Effect.never
    )
  )
