/** Lets an app break the connection of a Node server. */
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

/** Resets the connection when the app or a response body fails with a {@link ConnectionFault}. */
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
      // The platform runs apps uninterruptibly and lets them decide what a disconnecting client interrupts: everything.
      Effect.interruptible
    )
  })

/**
 * Flushes what was written and resets the connection. It never returns: the closed socket interrupts the handler. The
 * platform would end a failed body like a complete one, which a fault must not look like.
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
