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
import * as Webhooks from "./Webhooks.js"

/**
 * A Stromboli server in this process. It behaves as Stromboli 0.5.7 does on the wire, including what is unpleasant about it,
 * and needs neither containers nor a network. {@link Claude} answers its prompts.
 *
 * `layerHttpClient` puts it under an `HttpClient`, without a socket, which makes it the fastest test double for a client;
 * `layerServer` makes it listen on a port, so that any client in any language can talk to it.
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
  /** The server itself, reachable by nobody yet. Its jobs, agents and sweeps end with the layer. */
  static layer(options: Options = {}): Layer.Layer<EmbeddedStromboli, never, Claude> {
    return Layer.scoped(EmbeddedStromboli, make(options))
  }

  /** The server under an `HttpClient`: whatever the base URL, requests of this client reach it and nothing else. */
  static layerHttpClient(options: Options = {}): Layer.Layer<HttpClient.HttpClient | EmbeddedStromboli, never, Claude> {
    const client = Layer.unwrapEffect(Effect.map(EmbeddedStromboli, (server) => InMemoryHttpClient.layer(server.app)))
    return Layer.provideMerge(client, EmbeddedStromboli.layer(options))
  }

  /**
   * The server on a loopback port, by default any free one; its `url` says which. Fails with {@link ListenError} when the
   * port cannot be had. It answers 403 to web pages that are not of this machine.
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

/** What {@link EmbeddedStromboli} provides: the server and the means to trouble it. */
export interface EmbeddedStromboliService {
  /**
   * The server as a value, for a transport of your own, which has to refuse what web pages send. It fails with what a broken
   * connection is.
   */
  readonly app: HttpApp.Default<ConnectionFault, Scope.Scope>
  /** Where it listens, if it does. */
  readonly url: Option.Option<string>
  /** Makes answers go wrong. */
  readonly faults: Faults.Faults
  /** What came over the wire so far, oldest first: the last 1,000 requests. */
  readonly requests: Effect.Effect<ReadonlyArray<RequestLog.RecordedRequest>>
  /** Forgets the requests so far. */
  readonly clearRequests: Effect.Effect<void>
  /** Appends a line of any shape to the transcript of a session, creating the session if need be. */
  readonly appendMessage: (sessionId: string, message: Sessions.Message) => Effect.Effect<void>
}

const make = (options: Options): Effect.Effect<EmbeddedStromboliService, never, Scope.Scope | Claude> =>
  Effect.gen(function* () {
    const settings = settingsOf(options)
    const claude = yield* Claude
    const faults = yield* Faults.make
    const requests = yield* RequestLog.make
    const sessions = yield* Sessions.make
    const secrets = yield* Secrets.make(Object.keys(settings.secrets))
    const webhooks = yield* Webhooks.make(settings)
    const runs = Runs.make({ settings, claude, sessions, secretExists: secrets.exists })
    const jobs = yield* Jobs.make({ settings, runs, webhooks })
    const agents = yield* Agents.make(claude)
    const auth = Auth.make(settings)
    return {
      app: app.make({
        router: router.make(settings.api),
        handlers: {
          ...systemHandlers.make(settings),
          ...authHandlers.make({ settings, auth }),
          ...executionHandlers.make({ settings, runs, jobs }),
          ...sessionHandlers.make({ settings, sessions }),
          ...secretHandlers.make(secrets),
          ...imageHandlers.make(Images.make(settings)),
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
