/**
 * Sandboxes: isolated machines that are created in about a second. Methods take an id or a name, and wait until the
 * sandbox has reached the expected state, by default for at most 60 seconds.
 *
 * Waits poll the server and tolerate transient failures. They fail with `SandboxFailed`, which has the server's reason,
 * when the sandbox is in error, and with `SandboxWaitTimeout` when it takes too long; the server then continues. Both
 * errors have the id and the state of the sandbox. An unknown state never counts as success.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { SandboxPage } from "../../../schema/daytona/Sandbox.js"
import type { FollowOptions } from "../buildLogs.js"
import { DaytonaClient } from "../DaytonaClient.js"
import { ObjectStorage } from "../objectStorage/ObjectStorage.js"
import * as Access from "./access.js"
import * as Activity from "./activity.js"
import { checked } from "./arguments.js"
import * as BuildLogs from "./buildLogs.js"
import * as Cleanup from "./cleanup.js"
import * as Connection from "./connection.js"
import * as Creation from "./creation.js"
import * as FileUrls from "./fileUrls.js"
import type * as Keyed from "./keyed.js"
import * as Lifecycle from "./lifecycle.js"
import * as Queries from "./queries.js"
import * as Settings from "./settings.js"
import * as Telemetry from "./telemetry.js"
import * as Waits from "./waits.js"

/**
 * Sandboxes: isolated machines that are created in about a second.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Sandboxes } from "effect-sandboxes/daytona"
 *
 * const program = Effect.gen(function* () {
 *   const sandboxes = yield* Sandboxes
 *   const sandbox = yield* sandboxes.scoped({ image: "python:3.12", cpu: 2, memory: 4, autoStop: "10 minutes" })
 *   return yield* sandbox.process.execute("python3 --version")
 * }).pipe(Effect.scoped)
 * ```
 */
export class Sandboxes extends Context.Tag("effect-sandboxes/daytona/Sandboxes")<Sandboxes, Sandboxes.Service>() {
  /** The service over a `DaytonaClient`. Building the layer sends nothing. */
  static readonly layer: Layer.Layer<Sandboxes, never, DaytonaClient | ObjectStorage> = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

export declare namespace Sandboxes {
  /** The methods of all parts. */
  interface Service
    extends Creation.SandboxCreation,
      Connection.SandboxConnection,
      Queries.SandboxQueries,
      Lifecycle.SandboxLifecycle,
      Settings.SandboxSettings,
      Activity.SandboxActivity,
      Access.SandboxAccess,
      FileUrls.SandboxFileUrls,
      BuildLogs.SandboxBuildLogs,
      Telemetry.SandboxTelemetry {}

  /** How long to wait, and how to poll. */
  type AwaitOptions = Waits.AwaitOptions
  /** Whether to wait for the new state, how long, and how to poll. */
  type WaitOptions = Waits.WaitOptions
  /** Whether to start the sandbox, and how long to wait for it. */
  type ConnectOptions = Connection.ConnectOptions
  /** How long to wait for a new sandbox, and what to do with one that does not start. */
  type CreateOptions = Creation.CreateOptions
  /** How long to wait for the sandbox of a key, and what to do with one that does not run. */
  type GetOrCreateOptions = Keyed.GetOrCreateOptions
  /** A page of sandboxes. */
  type Page = SandboxPage
  /** The file of a signed URL, its use and its expiry. */
  type SignedFileUrlOptions = FileUrls.SignedFileUrlOptions
  /** How to follow a build log. */
  type BuildLogsOptions = FollowOptions
}

export const make: Effect.Effect<Sandboxes.Service, never, DaytonaClient | ObjectStorage> = Effect.gen(function* () {
  const client = yield* DaytonaClient
  const storage = yield* ObjectStorage
  const wait = yield* Waits.make(client)
  const queries = Queries.make(client)
  const lifecycle = Lifecycle.make(client, wait)
  return checked<Sandboxes.Service>({
    ...Creation.make(client, storage, wait, Cleanup.make(client), lifecycle),
    ...Connection.make(client, queries, lifecycle),
    ...queries,
    ...lifecycle,
    ...Settings.make(client),
    ...Activity.make(client),
    ...Access.make(client),
    ...BuildLogs.make(client),
    ...(yield* FileUrls.make(client)),
    ...(yield* Telemetry.make(client))
  })
})
