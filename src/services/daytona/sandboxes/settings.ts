/** Changes the settings of sandboxes, whatever their state. */
import * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import type { ApiError, Conflict, NotFound } from "../../../errors/ApiError.js"
import { invalidRequest } from "../../../internal/failure.js"
import type { SandboxRef, SecretName } from "../../../schema/daytona/Identifiers.js"
import * as Intervals from "../../../schema/daytona/Intervals.js"
import type { Sandbox } from "../../../schema/daytona/Sandbox.js"
import type { NetworkSettings } from "../../../schema/daytona/SandboxUpdate.js"
import type { DaytonaClient } from "../DaytonaClient.js"
import { reservedOf, withoutReserved } from "../ownership.js"
import { operations } from "./operations.js"

type SettingError = ApiError | NotFound | Conflict

/** Intervals must be whole minutes, at least one; otherwise the methods fail with `InvalidRequest`. */
export interface SandboxSettings {
  /**
   * Replaces **all** labels except those of this package (`effect-sandboxes-application`, `-creation`, `-key`,
   * `-parameters` and `-until`), which stay as they are, whatever is passed for them. Returns all labels. When two
   * clients replace them at once, the last one wins.
   * `GET /sandbox/{sandboxIdOrName}`, `PUT /sandbox/{sandboxIdOrName}/labels`
   */
  readonly setLabels: (
    sandbox: SandboxRef,
    labels: Readonly<Record<string, string>>
  ) => Effect.Effect<Readonly<Record<string, string>>, SettingError>
  /** Stops it after this long without activity. `POST /sandbox/{sandboxIdOrName}/autostop/{interval}` */
  readonly setAutoStop: (sandbox: SandboxRef, after: Intervals.AutoStop) => Effect.Effect<Sandbox, SettingError>
  /**
   * Pauses it after this long without activity. Only for virtual machines, and on recent servers.
   * `POST /sandbox/{sandboxIdOrName}/autopause/{interval}`
   */
  readonly setAutoPause: (sandbox: SandboxRef, after: Intervals.AutoPause) => Effect.Effect<Sandbox, SettingError>
  /**
   * Archives it after being stopped this long. The server shortens longer intervals to its maximum: the returned
   * sandbox has the actual one.
   * `POST /sandbox/{sandboxIdOrName}/autoarchive/{interval}`
   */
  readonly setAutoArchive: (sandbox: SandboxRef, after: Intervals.AutoArchive) => Effect.Effect<Sandbox, SettingError>
  /**
   * Deletes it after being stopped this long; `on-stop` makes it ephemeral.
   * `POST /sandbox/{sandboxIdOrName}/autodelete/{interval}`
   */
  readonly setAutoDelete: (sandbox: SandboxRef, after: Intervals.AutoDelete) => Effect.Effect<Sandbox, SettingError>
  /**
   * Destroys it this long after its creation, regardless of activity. Recent servers only.
   * `POST /sandbox/{sandboxIdOrName}/ttl/{ttlMinutes}`
   */
  readonly setTimeToLive: (sandbox: SandboxRef, ttl: Intervals.TimeToLive) => Effect.Effect<Sandbox, SettingError>
  /** Makes its previews public or private. `POST /sandbox/{sandboxIdOrName}/public/{isPublic}` */
  readonly setPublic: (sandbox: SandboxRef, isPublic: boolean) => Effect.Effect<Sandbox, SettingError>
  /** Changes which networks and domains it may reach. `POST /sandbox/{sandboxIdOrName}/network-settings` */
  readonly updateNetworkSettings: (
    sandbox: SandboxRef,
    settings: NetworkSettings
  ) => Effect.Effect<Sandbox, SettingError>
  /**
   * Replaces **all** vault secrets in its environment. Keys are the names of environment variables, values the names of
   * secrets. Recent servers only. `PUT /sandbox/{sandboxIdOrName}/secrets`
   */
  readonly updateSecrets: (
    sandbox: SandboxRef,
    secrets: Readonly<Record<string, SecretName>>
  ) => Effect.Effect<Sandbox, SettingError>
}

const minutes = (operation: { readonly name: string }, value: Either.Either<number, string>) =>
  Effect.mapBoth(value, {
    onSuccess: String,
    onFailure: (problem) => invalidRequest({ system: "daytona", operation: operation.name }, "interval", problem)
  })

export const make = (client: DaytonaClient.Service): SandboxSettings => {
  const at = (sandbox: SandboxRef) => ({ path: { sandboxIdOrName: sandbox } })

  return {
    setLabels: (sandbox, labels) =>
      Effect.gen(function* () {
        // Keys, and whoever cleans up, rely on them. They never change, so nothing can be lost between the requests.
        const before = yield* client.call(operations.labels, at(sandbox))
        const kept = { ...withoutReserved(labels), ...reservedOf(before.labels ?? {}) }
        const after = yield* client.call(operations.setLabels, { ...at(sandbox), body: { labels: kept } })
        return after.labels ?? kept
      }),
    setAutoStop: (sandboxIdOrName, after) =>
      Effect.flatMap(minutes(operations.setAutoStop, Intervals.AutoStop.toMinutes(after)), (interval) =>
        client.call(operations.setAutoStop, { path: { sandboxIdOrName, interval } })
      ),
    setAutoPause: (sandboxIdOrName, after) =>
      Effect.flatMap(minutes(operations.setAutoPause, Intervals.AutoPause.toMinutes(after)), (interval) =>
        client.call(operations.setAutoPause, { path: { sandboxIdOrName, interval } })
      ),
    setAutoArchive: (sandboxIdOrName, after) =>
      Effect.flatMap(minutes(operations.setAutoArchive, Intervals.AutoArchive.toMinutes(after)), (interval) =>
        client.call(operations.setAutoArchive, { path: { sandboxIdOrName, interval } })
      ),
    setAutoDelete: (sandboxIdOrName, after) =>
      Effect.flatMap(minutes(operations.setAutoDelete, Intervals.AutoDelete.toMinutes(after)), (interval) =>
        client.call(operations.setAutoDelete, { path: { sandboxIdOrName, interval } })
      ),
    setTimeToLive: (sandboxIdOrName, ttl) =>
      Effect.flatMap(minutes(operations.setTimeToLive, Intervals.TimeToLive.toMinutes(ttl)), (ttlMinutes) =>
        client.call(operations.setTimeToLive, { path: { sandboxIdOrName, ttlMinutes } })
      ),
    setPublic: (sandboxIdOrName, isPublic) =>
      client.call(operations.setPublic, { path: { sandboxIdOrName, isPublic: String(isPublic) } }),
    updateNetworkSettings: (sandbox, settings) =>
      client.call(operations.updateNetworkSettings, { ...at(sandbox), body: settings }),
    updateSecrets: (sandbox, secrets) => client.call(operations.updateSecrets, { ...at(sandbox), body: { secrets } })
  }
}
