/**
 * Sandboxes: machines that are made in a moment, do what they are told, and go. Methods take an id or a name, and wait
 * until the sandbox is where they send it, by default for at most 60 seconds.
 *
 * The waits ask again and again, survive passing failures, and end with `SandboxFailed` (it is in error; the server's
 * reason is in it) or `SandboxWaitTimeout` (the time is up; it goes on). Both have the id and the state of the sandbox. A
 * state that this package does not know is never taken for success.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as buildLogs from "../buildLogs/follow.js"
import { DaytonaClient } from "../DaytonaClient.js"
import { ObjectStorage } from "../objectStorage/ObjectStorage.js"
import * as Access from "./access.js"
import * as Activity from "./activity.js"
import * as BuildLogs from "./buildLogs.js"
import * as Cleanup from "./cleanup.js"
import * as Connection from "./connection.js"
import * as Creation from "./creation.js"
import * as FileUrls from "./fileUrls.js"
import * as Lifecycle from "./lifecycle.js"
import * as Reads from "./queries.js"
import * as Settings from "./settings.js"
import * as Telemetry from "./telemetry.js"
import * as Waits from "./waits.js"

/**
 * Sandboxes: machines that are made in a moment, do what they are told, and go.
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
  /** The service on top of the connection to the server. Building it sends nothing. */
  static readonly layer: Layer.Layer<Sandboxes, never, DaytonaClient | ObjectStorage> = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

export declare namespace Sandboxes {
  /** Each part is documented where it is declared. */
  interface Service
    extends Creation.SandboxCreation,
      Connection.SandboxConnection,
      Reads.SandboxQueries,
      Lifecycle.SandboxLifecycle,
      Settings.SandboxSettings,
      Activity.SandboxActivity,
      Access.SandboxAccess,
      FileUrls.SandboxFileUrls,
      BuildLogs.SandboxBuildLogs,
      Telemetry.SandboxTelemetry {}

  /** How long to wait, and how to ask. */
  type AwaitOptions = Waits.AwaitOptions
  /** Whether to wait for the end of what was asked for, how long, and how to ask. */
  type WaitOptions = Waits.WaitOptions
  /** Whether the sandbox is started first, and how long that may take. */
  type ConnectOptions = Connection.ConnectOptions
  /** How long to wait for a new sandbox, and what becomes of one that does not start. */
  type CreateOptions = Creation.CreateOptions
  /** Some of the sandboxes that match. */
  type Page = Reads.SandboxPage
  /** Which file a URL is for, and for how long. */
  type SignedFileUrlOptions = FileUrls.SignedFileUrlOptions
  /** How the log of a build is followed. */
  type LogOptions = buildLogs.LogOptions
}

export const make: Effect.Effect<Sandboxes.Service, never, DaytonaClient | ObjectStorage> = Effect.gen(function* () {
  const client = yield* DaytonaClient
  const storage = yield* ObjectStorage
  const wait = yield* Waits.make(client)
  const reads = Reads.make(client)
  const lifecycle = Lifecycle.make(client, wait)
  return Sandboxes.of({
    ...Creation.make(client, storage, wait, Cleanup.make(client)),
    ...Connection.make(client, reads, lifecycle),
    ...reads,
    ...lifecycle,
    ...Settings.make(client),
    ...Activity.make(client),
    ...Access.make(client),
    ...BuildLogs.make(client),
    ...(yield* FileUrls.make(client)),
    ...(yield* Telemetry.make(client))
  })
})
