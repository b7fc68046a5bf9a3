/**
 * Sandboxes: machines that are made in a moment, do what they are told, and go. Methods take an id or a name, and wait
 * until the sandbox is where they send it, by default for at most 60 seconds.
 *
 * The waits ask again and again, survive passing failures, and end with `SandboxFailed` (it is in error; the server's
 * reason is in it) or `SandboxUnfinished` (the time is up; it goes on). Both have the id and the state of the sandbox. A
 * state that this package does not know is never taken for success.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { DaytonaClient } from "./DaytonaClient.js"
import { ObjectStorage } from "./ObjectStorage.js"
import * as Access from "./SandboxAccess.js"
import * as Activity from "./SandboxActivity.js"
import * as BuildLogs from "./SandboxBuildLogs.js"
import * as Cleanup from "./SandboxCleanup.js"
import * as Connection from "./SandboxConnection.js"
import * as Creation from "./SandboxCreation.js"
import * as FileUrls from "./SandboxFileUrls.js"
import * as Lifecycle from "./SandboxLifecycle.js"
import * as Reads from "./SandboxReads.js"
import * as Settings from "./SandboxSettings.js"
import * as Telemetry from "./SandboxTelemetry.js"
import * as Waits from "./SandboxWaits.js"

export class Sandboxes extends Context.Tag("effect-sandboxes/daytona/Sandboxes")<Sandboxes, Sandboxes.Service>() {
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
      Reads.SandboxReads,
      Lifecycle.SandboxLifecycle,
      Settings.SandboxSettings,
      Activity.SandboxActivity,
      Access.SandboxAccess,
      FileUrls.SandboxFileUrls,
      BuildLogs.SandboxBuildLogs,
      Telemetry.SandboxTelemetry {}

  type AwaitOptions = Waits.AwaitOptions
  type WaitOptions = Waits.WaitOptions
  type ConnectOptions = Connection.ConnectOptions
  type CreateOptions = Creation.CreateOptions
  type Page = Reads.SandboxPage
  type SignedFileUrlOptions = FileUrls.SignedFileUrlOptions
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
