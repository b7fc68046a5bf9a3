/**
 * Notifications of changes to sandboxes, which shorten waits. Waits still poll the server for the state of a sandbox: a
 * notification only triggers the next poll early.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { SandboxId } from "../../../schema/daytona/Identifiers.js"

/**
 * Notifications of changes to sandboxes, which shorten waits. Optional: without them, waits poll on their schedule.
 *
 * Provide an implementation to `Sandboxes.layer` or `Daytona.layer`, for example on top of Daytona's socket.io events.
 *
 * @example
 * ```ts
 * import { Effect, Layer, PubSub, Stream } from "effect"
 * import { Daytona, type SandboxId, SandboxChanges } from "effect-sandboxes/daytona"
 *
 * const changesOf = (changes: PubSub.PubSub<SandboxId>) =>
 *   Layer.succeed(SandboxChanges, {
 *     changed: (id) =>
 *       Stream.fromPubSub(changes).pipe(
 *         Stream.filter((changed) => changed === id),
 *         Stream.take(1),
 *         Stream.runDrain
 *       )
 *   })
 *
 * const daytona = (changes: PubSub.PubSub<SandboxId>) =>
 *   Daytona.layerConfig().pipe(Layer.provide(changesOf(changes)))
 * ```
 */
export class SandboxChanges extends Context.Tag("effect-sandboxes/daytona/SandboxChanges")<
  SandboxChanges,
  SandboxChanges.Service
>() {}

export declare namespace SandboxChanges {
  interface Service {
    /**
     * Succeeds once the sandbox has changed since the effect was started. A missed change only delays the wait until
     * its next scheduled poll, at which the effect is interrupted.
     */
    readonly changed: (id: SandboxId) => Effect.Effect<void>
  }
}
