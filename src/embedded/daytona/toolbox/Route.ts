import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { ConnectionFault } from "../../ConnectionFault.js"
import * as Router from "../../router.js"
import type { Machine } from "./Machine.js"
import type { Refusal } from "./Refusal.js"

/** A request as the daemon sees it. */
export interface DaemonRequest {
  readonly method: string
  /** Without the query, still encoded. */
  readonly rawPath: string
  /** The decoded value of a hole in the path. */
  readonly parameter: (name: string) => string
  readonly query: URLSearchParams
  /** As it was sent, without the `?`. */
  readonly rawQuery: string
  readonly headers: Readonly<Record<string, string>>
  /** `X-Daytona-SDK-Version`, from the header or from a sub-protocol. */
  readonly sdkVersion: string | undefined
  readonly bytes: Stream.Stream<Uint8Array, ConnectionFault>
  /** The whole body as JSON; `undefined` where there is none or where it is not JSON, which each handler words in its own way. */
  readonly json: Effect.Effect<unknown, ConnectionFault>
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
  /** `ANY` for all of them. */
  readonly method: "GET" | "POST" | "DELETE" | "ANY"
  /** With holes: `/process/session/{sessionId}`. A last hole `{path...}` takes the rest. */
  readonly path: string
  /** `current`: only the newer daemon has it; `0.190`: only the older one. Default both. */
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
