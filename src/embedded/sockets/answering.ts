import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { ConnectionFault } from "../ConnectionFault.js"
import { WebSocketUpgrade } from "./WebSocketUpgrade.js"

type App = HttpApp.Default<ConnectionFault, Scope.Scope>

/** The longest message in bytes that a server takes unless it says otherwise. */
export const defaultMaxMessage = 64 * 1024 * 1024

/** A request for a web socket, as the transport under the app sees it. */
export interface Upgrade extends WebSocketUpgrade.Service {
  readonly hasAccepted: () => boolean
  /** Breaks off what was accepted. */
  readonly terminate: Effect.Effect<void>
}

/** The sub-protocols of a `Sec-WebSocket-Protocol` header. */
export const parseSubProtocols = (header: string | undefined): ReadonlyArray<string> =>
  (header ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "")

/** The app for a request for a web socket. Once that is open nobody is left to see a response; a failure breaks it off. */
export const withUpgrade = (app: App, upgrade: Upgrade): App =>
  Effect.provideService(app, WebSocketUpgrade, upgrade).pipe(
    Effect.onInterrupt(() => upgrade.terminate),
    Effect.matchCauseEffect({
      onFailure: (cause) =>
        upgrade.hasAccepted() ? Effect.as(upgrade.terminate, HttpServerResponse.empty()) : Effect.failCause(cause),
      onSuccess: (response) => Effect.succeed(upgrade.hasAccepted() ? HttpServerResponse.empty() : response)
    })
  )
