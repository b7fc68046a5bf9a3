/** The embedded Daytona: wires its parts together and offers them as layers. */
import type * as HttpApp from "@effect/platform/HttpApp"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Clock from "effect/Clock"
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
import * as app from "./app.js"
import * as accessHandlers from "./handlers/access.js"
import * as forkHandlers from "./handlers/forks.js"
import * as lifecycleHandlers from "./handlers/lifecycle.js"
import * as listHandlers from "./handlers/list.js"
import * as sandboxSettingsHandlers from "./handlers/sandboxSettings.js"
import * as sandboxView from "./handlers/sandboxView.js"
import * as secretHandlers from "./handlers/secrets.js"
import * as snapshotHandlers from "./handlers/snapshots.js"
import * as systemHandlers from "./handlers/system.js"
import * as telemetryHandlers from "./handlers/telemetry.js"
import * as volumeHandlers from "./handlers/volumes.js"
import * as warmPoolHandlers from "./handlers/warmPools.js"
import * as Auth from "./http/Auth.js"
import { makeRouter } from "./http/routes.js"
import * as Throttlers from "./http/Throttlers.js"
import * as urlTargets from "./http/UrlTargets.js"
import type { Options } from "./Options.js"
import * as Secrets from "./organization/Secrets.js"
import * as Volumes from "./organization/Volumes.js"
import * as WarmPools from "./organization/WarmPools.js"
import * as Outcomes from "./outcomes/Outcomes.js"
import * as proxy from "./runtime/proxy.js"
import * as Runtimes from "./runtime/Runtimes.js"
import { settingsOf } from "./Settings.js"
import * as AutoManagement from "./sandbox/AutoManagement.js"
import * as Creation from "./sandbox/Creation.js"
import * as Lifecycle from "./sandbox/Lifecycle.js"
import type { Sandbox } from "./sandbox/Sandbox.js"
import * as Sandboxes from "./sandbox/Sandboxes.js"
import * as SandboxTasks from "./sandbox/SandboxTasks.js"
import * as Builds from "./snapshot/Builds.js"
import * as SnapshotCreation from "./snapshot/SnapshotCreation.js"
import * as Snapshots from "./snapshot/Snapshots.js"
import * as Credentials from "./storage/Credentials.js"
import * as ObjectStorage from "./storage/ObjectStorage.js"
import * as s3 from "./storage/s3.js"

/**
 * A Daytona server in this process: its control plane, the object storage for build contexts and the sandboxes
 * themselves. It behaves like the real server on the wire, quirks included, and needs no network.
 *
 * `layerHttpClient` mounts it under an `HttpClient`, without a socket, as the fastest test double for a client;
 * `layerServer` listens on a port, so that any client in any language can use it. The API is below `/api`.
 *
 * Everything that takes time uses Effect's `Clock`: with a `TestClock` nothing progresses until the clock is adjusted,
 * unless `durations` is 0.
 *
 * @example
 * ```ts
 * import { HttpClient } from "@effect/platform"
 * import { Effect } from "effect"
 * import { EmbeddedDaytona, Outcome } from "effect-sandboxes/embedded/daytona"
 *
 * const program = Effect.gen(function* () {
 *   const server = yield* EmbeddedDaytona
 *   yield* server.outcomes.inject({ during: "create", outcome: Outcome.fail("no space left on device") })
 *   const response = yield* HttpClient.post("http://daytona.test/api/sandbox")
 *   return response.status // 400: Sandbox failed to start: no space left on device
 * })
 *
 * const runnable = program.pipe(Effect.provide(EmbeddedDaytona.layerHttpClient({ durations: 0 })))
 * ```
 */
export class EmbeddedDaytona extends Context.Tag("effect-sandboxes/embedded/daytona/EmbeddedDaytona")<
  EmbeddedDaytona,
  EmbeddedDaytonaService
>() {
  /** The server alone, not yet reachable. Its sandboxes and background work end with the layer. */
  static layer(options: Options = {}): Layer.Layer<EmbeddedDaytona> {
    return Layer.scoped(EmbeddedDaytona, make(options))
  }

  /** The server mounted under an `HttpClient`: every request of this client goes to it, whatever the base URL. */
  static layerHttpClient(options: Options = {}): Layer.Layer<HttpClient.HttpClient | EmbeddedDaytona> {
    const client = Layer.unwrapEffect(Effect.map(EmbeddedDaytona, (server) => InMemoryHttpClient.layer(server.app)))
    return Layer.provideMerge(client, EmbeddedDaytona.layer(options))
  }

  /**
   * The server on a loopback port, by default any free one. Its `url` is the address; the `apiUrl` of a client is that
   * plus `/api`. Fails with {@link ListenError} when the port cannot be opened. Web pages of other sites receive 403.
   */
  static layerServer(options: Options & ListenOptions = {}): Layer.Layer<EmbeddedDaytona, ListenError> {
    return Layer.scoped(
      EmbeddedDaytona,
      Effect.gen(function* () {
        const server = yield* make(options)
        const url = yield* listen(server.app, options)
        return { ...server, url: Option.some(url) }
      })
    )
  }
}

/** What {@link EmbeddedDaytona} provides: the server, its internal state, and controls that make it fail. */
export interface EmbeddedDaytonaService {
  /**
   * The server as an app, for a transport of your own, which has to reject requests from web pages itself. It fails
   * with a {@link ConnectionFault} to break the connection.
   */
  readonly app: HttpApp.Default<ConnectionFault, Scope.Scope>
  /** The address it listens on, without `/api`; `None` if it does not listen. */
  readonly url: Option.Option<string>
  /** Makes responses fail. API paths are matched without `/api`: `/sandbox/{idOrName}`. */
  readonly faults: Faults.Faults
  /** Makes background tasks fail, take longer or never finish. */
  readonly outcomes: Outcomes.Outcomes
  /** The requests received so far, oldest first, at most the last 1,000. */
  readonly requests: Effect.Effect<ReadonlyArray<RequestLog.RecordedRequest>>
  /** Clears the recorded requests. */
  readonly clearRequests: Effect.Effect<void>
  /** Every sandbox ever created, as stored; deleted ones are `destroyed`. */
  readonly sandboxes: Effect.Effect<ReadonlyArray<Sandbox>>
  /** Every snapshot, seeded ones included. */
  readonly snapshots: Effect.Effect<ReadonlyArray<Snapshots.Snapshot>>
  /** Every volume; deleted ones are `deleted`. */
  readonly volumes: Effect.Effect<ReadonlyArray<Volumes.Volume>>
  /** Every object in the storage, sorted by key: a build context is `<organization id>/<hash>/context.tar`. */
  readonly objects: Effect.Effect<ReadonlyArray<ObjectStorage.StoredObject>>
}

const make = (options: Options): Effect.Effect<EmbeddedDaytonaService, never, Scope.Scope> =>
  Effect.gen(function* () {
    const settings = settingsOf(options)
    const faults = yield* Faults.make
    const requests = yield* RequestLog.make
    const outcomes = Outcomes.make(settings.duration)
    const objects = ObjectStorage.make()
    const builds = Builds.make(settings.objectStorage === undefined ? undefined : objects)
    const runtimes = yield* Runtimes.make(settings)
    const sandboxes = Sandboxes.make(Math.max(settings.listStaleness, settings.getStaleness))
    const snapshots = yield* Snapshots.make(settings)
    const volumes = yield* Volumes.make({ settings, outcomes })
    const secrets = Secrets.make()
    const tasks = yield* SandboxTasks.make(sandboxes)
    const lifecycle = yield* Lifecycle.make({ settings, sandboxes, tasks, outcomes, runtimes, builds })
    const warmPools = WarmPools.make({ settings, sandboxes, snapshots, lifecycle })
    const snapshotCreation = yield* SnapshotCreation.make({ settings, snapshots, builds, outcomes })
    const creation = Creation.make({
      settings,
      sandboxes,
      snapshots,
      volumes,
      secrets,
      warmPools,
      builds,
      lifecycle,
      outcomes
    })
    yield* AutoManagement.start({ settings, sandboxes, lifecycle })
    const credentials = Credentials.make()
    const auth = Auth.make(settings)
    const startedAt = yield* Clock.currentTimeMillis
    const targets = urlTargets.make(settings)
    const view = sandboxView.make({ settings, urlTargets: targets, sandboxes })
    return {
      app: app.make({
        settings,
        urlTargets: targets,
        router: makeRouter(settings.generation),
        handlers: {
          ...lifecycleHandlers.make({ settings, sandboxes, lifecycle, creation, outcomes, view }),
          ...listHandlers.make({ settings, sandboxes, view }),
          ...sandboxSettingsHandlers.make({ settings, sandboxes, secrets, lifecycle, outcomes, view }),
          ...accessHandlers.make({ urlTargets: targets, sandboxes, builds, view }),
          ...forkHandlers.make({ settings, sandboxes, snapshotCreation, lifecycle, outcomes, view }),
          ...telemetryHandlers.make(view),
          ...snapshotHandlers.make({ settings, urlTargets: targets, snapshots, snapshotCreation, builds }),
          ...volumeHandlers.make({ settings, volumes, sandboxes, outcomes }),
          ...secretHandlers.make(secrets),
          ...warmPoolHandlers.make({ settings, warmPools, snapshots }),
          ...systemHandlers.make({ settings, urlTargets: targets, credentials, startedAt })
        },
        proxy: proxy.make({ settings, auth, sandboxes, snapshots, builds, runtimes }),
        storage: s3.make({ settings: settings.objectStorage, credentials, objects }),
        auth,
        throttlers: Throttlers.make(settings),
        faults,
        requests
      }),
      url: Option.none(),
      faults: { inject: faults.inject, clear: faults.clear, pending: faults.pending },
      outcomes: { inject: outcomes.inject, clear: outcomes.clear, pending: outcomes.pending },
      requests: requests.all,
      clearRequests: requests.clear,
      sandboxes: sandboxes.all,
      snapshots: snapshots.all,
      volumes: volumes.all,
      objects: Effect.sync(objects.all)
    }
  })
