/** An endpoint of the toolbox's daemon, and the router over all of them. */
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { ConnectionFault } from "../../ConnectionFault.js"
import * as Router from "../../router.js"
import type { Machine } from "./Machine.js"
import type { Refusal } from "./Refusal.js"

/** A request to the daemon. */
export interface DaemonRequest {
  readonly method: string
  /** Without the query, still encoded. */
  readonly rawPath: string
  /** The decoded value of a path parameter. */
  readonly parameter: (name: string) => string
  readonly query: URLSearchParams
  /** As sent, without the `?`. */
  readonly rawQuery: string
  readonly headers: Readonly<Record<string, string>>
  /** `X-Daytona-SDK-Version`, from the header or from a sub-protocol. */
  readonly sdkVersion: string | undefined
  readonly bytes: Stream.Stream<Uint8Array, ConnectionFault>
  /**
   * The whole body as JSON; `undefined` if there is none or it is not JSON. Each handler reports that in its own words.
   */
  readonly json: Effect.Effect<unknown, ConnectionFault>
  /** Whether there is no body, or only blanks. */
  readonly isEmpty: Effect.Effect<boolean, ConnectionFault>
}

export type Handler = (
  request: DaemonRequest
) => Effect.Effect<
  HttpServerResponse.HttpServerResponse,
  Refusal | ConnectionFault,
  Scope.Scope | HttpServerRequest.HttpServerRequest
>

/** An endpoint of the daemon. */
export interface Route {
  /** `ANY` for all methods. */
  readonly method: "GET" | "POST" | "DELETE" | "ANY"
  /** With parameters: `/process/session/{sessionId}`. A last parameter `{path...}` takes the rest of the path. */
  readonly path: string
  /** `current`: only in the newer daemon; `0.190`: only in the older one. Default both. */
  readonly only?: "current" | "0.190"
  readonly handler: Handler
}

/** Finds the route of a method and a raw path below the toolbox. */
export type DaemonRouter = (method: string, rawPath: string) => Router.Match<Route> | undefined

/** The router of one generation of the daemon. It splits the path first and then decodes its segments. */
export const makeRouter = (routes: ReadonlyArray<Route>, generation: Machine["generation"]): DaemonRouter => {
  const router = Router.make(routes.filter(({ only }) => only === undefined || only === generation))
  return (method, rawPath) => router(method, Router.segmentsOf(rawPath))
}
