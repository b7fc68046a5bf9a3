/** The embedded Stromboli: wires its parts together and offers them as layers. */
import type * as HttpApp from "@effect/platform/HttpApp"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { ConnectionFault } from "../ConnectionFault.js"
import * as Faults from "../faults/Faults.js"
import * as InMemoryHttpClient from "../inMemory/InMemoryHttpClient.js"
import { type ListenError, type ListenOptions, listen } from "../loopbackServer.js"
import * as RequestLog from "../RequestLog.js"
import * as Auth from "./Auth.js"
import * as Agents from "./agents/Agents.js"
import * as app from "./app.js"
import { Claude } from "./claude/Claude.js"
import * as agentHandlers from "./handlers/agents.js"
import * as authHandlers from "./handlers/auth.js"
import * as executionHandlers from "./handlers/execution.js"
import * as imageHandlers from "./handlers/images.js"
import * as secretHandlers from "./handlers/secrets.js"
import * as sessionHandlers from "./handlers/sessions.js"
import * as systemHandlers from "./handlers/system.js"
import * as Images from "./Images.js"
import * as Jobs from "./Jobs.js"
import { type Options, settingsOf } from "./Options.js"
import * as RateLimit from "./RateLimit.js"
import * as Runs from "./Runs.js"
import * as router from "./router.js"
import * as Secrets from "./Secrets.js"
import * as Sessions from "./Sessions.js"
import type { Message } from "./transcript.js"
import * as Webhooks from "./Webhooks.js"

/**
 * A Stromboli server in this process. It behaves like Stromboli 0.5.7 on the wire, quirks included, and needs neither
 * containers nor a network. {@link Claude} answers its prompts.
 *
 * `layerHttpClient` mounts it under an `HttpClient`, without a socket, as the fastest test double for a client;
 * `layerServer` listens on a port, so that any client in any language can use it.
 *
 * @example
 * ```ts
 * import { Claude, EmbeddedStromboli, Fault } from "effect-sandboxes/embedded/stromboli"
 * import { HttpClient } from "@effect/platform"
 * import { Effect, Layer } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   const server = yield* EmbeddedStromboli
 *   yield* server.faults.inject({ path: "/health", fault: Fault.status(503) })
 *   const response = yield* HttpClient.get("http://stromboli.test/health")
 *   return response.status // 503, and 200 from then on
 * })
 *
 * const runnable = program.pipe(
 *   Effect.provide(EmbeddedStromboli.layerHttpClient().pipe(Layer.provide(Claude.layerDemo({ lineDelay: 0 }))))
 * )
 * ```
 */
export class EmbeddedStromboli extends Context.Tag("effect-sandboxes/embedded/stromboli/EmbeddedStromboli")<
  EmbeddedStromboli,
  EmbeddedStromboliService
>() {
  /** The server alone, not yet reachable. Its jobs and agents end with the layer. */
  static layer(options: Options = {}): Layer.Layer<EmbeddedStromboli, never, Claude> {
    return Layer.scoped(EmbeddedStromboli, make(options))
  }

  /** The server mounted under an `HttpClient`: every request of this client goes to it, whatever the base URL. */
  static layerHttpClient(options: Options = {}): Layer.Layer<HttpClient.HttpClient | EmbeddedStromboli, never, Claude> {
    const client = Layer.unwrapEffect(Effect.map(EmbeddedStromboli, (server) => InMemoryHttpClient.layer(server.app)))
    return Layer.provideMerge(client, EmbeddedStromboli.layer(options))
  }

  /**
   * The server on a loopback port, by default any free one. Its `url` is the address. Fails with {@link ListenError}
   * when the port cannot be opened. Web pages of other sites receive 403.
   */
  static layerServer(options: Options & ListenOptions = {}): Layer.Layer<EmbeddedStromboli, ListenError, Claude> {
    return Layer.scoped(
      EmbeddedStromboli,
      Effect.gen(function* () {
        const server = yield* make(options)
        const url = yield* listen(server.app, options)
        return { ...server, url: Option.some(url) }
      })
    )
  }
}

/** What {@link EmbeddedStromboli} provides: the server and controls that make it fail. */
export interface EmbeddedStromboliService {
  /**
   * The server as an app, for a transport of your own, which has to reject requests from web pages itself. It fails
   * with a {@link ConnectionFault} to break the connection.
   */
  readonly app: HttpApp.Default<ConnectionFault, Scope.Scope>
  /** The address it listens on; `None` if it does not listen. */
  readonly url: Option.Option<string>
  /** Makes responses fail. */
  readonly faults: Faults.Faults
  /** The requests received so far, oldest first, at most the last 1,000. */
  readonly requests: Effect.Effect<ReadonlyArray<RequestLog.RecordedRequest>>
  /** Clears the recorded requests. */
  readonly clearRequests: Effect.Effect<void>
  /** Appends a line of any shape to the transcript of a session, creating the session if necessary. */
  readonly appendMessage: (sessionId: string, message: Message) => Effect.Effect<void>
}

const make = (options: Options): Effect.Effect<EmbeddedStromboliService, never, Scope.Scope | Claude> =>
  Effect.gen(function* () {
    const settings = settingsOf(options)
    const claude = yield* Claude
    const faults = yield* Faults.make
    const requests = yield* RequestLog.make
    const sessions = Sessions.make(claude.transcripts)
    const secrets = yield* Secrets.make(Object.keys(settings.secrets))
    const webhooks = yield* Webhooks.make(settings)
    const runs = Runs.make({ settings, claude, sessions, secretExists: secrets.exists })
    const jobs = yield* Jobs.make({ settings, runs, webhooks })
    const agents = yield* Agents.make({ claude, settings })
    const auth = Auth.make(settings)
    return {
      app: app.make({
        router: router.make(settings.api),
        handlers: {
          ...systemHandlers.make(settings),
          ...authHandlers.make({ settings, auth }),
          ...executionHandlers.make({ settings, runs, jobs }),
          ...sessionHandlers.make({ settings, sessions }),
          ...secretHandlers.make({ settings, secrets }),
          ...imageHandlers.make({ settings, images: Images.make(settings) }),
          ...agentHandlers.make(agents)
        },
        auth,
        rateLimit: RateLimit.make(settings),
        faults,
        requests
      }),
      url: Option.none(),
      faults: { inject: faults.inject, clear: faults.clear, pending: faults.pending },
      requests: requests.all,
      clearRequests: requests.clear,
      appendMessage: sessions.seed
    }
  })
